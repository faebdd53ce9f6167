//! Streams: entries.

use bytes::Bytes;

use super::argument::{following, is};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::{integer, parse_u64};
use crate::reply::{Outcome, Reply};
use crate::types::stream::{Entry, Trim};
use crate::types::{Stream, StreamId};

/// An entry as XRANGE and XREAD tell it.
pub(crate) fn entry_reply(id: StreamId, entry: &Entry) -> Reply {
    Reply::Array(vec![Reply::Bulk(id.bytes()), Reply::bulks(entry.iter().cloned())])
}

/// MAXLEN or MINID with their modifiers. Trimming is always exact: `~` permits that.
#[derive(Debug, Clone, Copy)]
struct TrimOption {
    trim: Trim,
    limit: usize,
    /// LIMIT was given without `~`: refused, but only after XADD's id was looked at.
    unlimited: bool,
}

impl TrimOption {
    fn check(&self) -> Result<(), Fault> {
        match self.unlimited {
            true => Err(Fault::text("ERR syntax error, LIMIT cannot be used without the special ~ option")),
            false => Ok(()),
        }
    }
}

fn trim_option(args: &[Bytes], at: &mut usize) -> Result<TrimOption, Fault> {
    let by_length = is(&args[*at], "MAXLEN");
    let mut value = following(args, at)?;
    let mut approximate = false;
    if matches!(&value[..], b"~" | b"=") && *at + 1 < args.len() {
        approximate = &value[..] == b"~";
        value = following(args, at)?;
    }
    let trim = if by_length {
        let length = integer(value)?;
        Trim::Length(usize::try_from(length).map_err(|_| Fault::text("ERR The MAXLEN argument must be >= 0."))?)
    } else {
        Trim::LowestId(StreamId::parse(value, 0)?)
    };
    let (mut limit, mut unlimited) = (usize::MAX, false);
    if args.get(*at + 1).is_some_and(|word| is(word, "LIMIT")) {
        *at += 1;
        unlimited = !approximate;
        let given = integer(following(args, at)?)?;
        let given = usize::try_from(given).map_err(|_| Fault::text("ERR The LIMIT argument must be >= 0."))?;
        limit = if given == 0 { usize::MAX } else { given };
    }
    Ok(TrimOption { trim, limit, unlimited })
}

/// What XADD was given as an id.
enum GivenId {
    Auto,
    /// `5-*`
    AutoSeq(u64),
    Exact(StreamId),
}

fn given_id(text: &[u8]) -> Result<GivenId, Fault> {
    if text == b"*" {
        return Ok(GivenId::Auto);
    }
    if let Some(ms) = text.strip_suffix(b"-*") {
        return Ok(GivenId::AutoSeq(parse_u64(ms).ok_or(Fault::StreamId)?));
    }
    Ok(GivenId::Exact(StreamId::parse(text, 0)?))
}

fn next_id(given: &GivenId, last: StreamId, now_ms: u64) -> Result<StreamId, Fault> {
    let too_small = || Fault::text("ERR The ID specified in XADD is equal or smaller than the target stream top item");
    match given {
        GivenId::Auto => {
            let fresh = StreamId { ms: now_ms, seq: 0 };
            if fresh > last { Ok(fresh) } else { last.next().ok_or_else(too_small) }
        }
        GivenId::AutoSeq(ms) if *ms < last.ms => Err(too_small()),
        GivenId::AutoSeq(ms) if *ms == last.ms => {
            let seq = last.seq.checked_add(1).ok_or_else(too_small)?;
            Ok(StreamId { ms: *ms, seq })
        }
        GivenId::AutoSeq(ms) => Ok(StreamId { ms: *ms, seq: u64::from(*ms == 0) }),
        GivenId::Exact(id) if *id <= last => Err(too_small()),
        GivenId::Exact(id) => Ok(*id),
    }
}

pub(crate) fn xadd(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let key = &args[1];
    let (mut make, mut trim, mut at) = (true, None, 2);
    while let Some(word) = args.get(at) {
        if is(word, "NOMKSTREAM") {
            make = false;
        } else if is(word, "MAXLEN") || is(word, "MINID") {
            if trim.is_some() {
                return Err(Fault::text(
                    "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
                ));
            }
            trim = Some(trim_option(args, &mut at)?);
        } else {
            break;
        }
        at += 1;
    }
    let id_at = at;
    let arity = || Fault::Arity("xadd".to_owned());
    let given = given_id(args.get(id_at).ok_or_else(arity)?)?;
    trim.map_or(Ok(()), |trim: TrimOption| trim.check())?;
    let fields = &args[id_at + 1..];
    if fields.is_empty() || !fields.len().is_multiple_of(2) {
        return Err(arity());
    }
    if matches!(&given, GivenId::Exact(id) if *id == StreamId::MIN) {
        return Err(Fault::text("ERR The ID specified in XADD must be greater than 0-0"));
    }
    let now_ms = ctx.now_ms();
    let last = ctx.read::<Stream>(key)?.map(|stream| stream.last_id);
    if last.is_none() && !make {
        return Ok(Reply::Null);
    }
    let id = next_id(&given, last.unwrap_or_default(), now_ms)?;
    let stream = ctx.edit_or_make::<Stream>(key)?;
    stream.append(id, compact(fields));
    if let Some(option) = trim {
        stream.trim(option.trim, option.limit);
    }
    ctx.changed(key);
    let id = id.bytes();
    if ctx.engine.journal.is_some() && !matches!(given, GivenId::Exact(_)) {
        let mut log = args.to_vec();
        log[id_at] = id.clone();
        ctx.log_instead(vec![log]);
    }
    Ok(Reply::Bulk(id))
}

/// Copies the fields into one allocation that they share.
fn compact(fields: &[Bytes]) -> Entry {
    let total = fields.iter().map(Bytes::len).sum();
    let mut joined = Vec::with_capacity(total);
    fields.iter().for_each(|field| joined.extend_from_slice(field));
    let joined = Bytes::from(joined);
    let mut start = 0;
    let part = |field: &Bytes| {
        let end = start + field.len();
        let slice = joined.slice(start..end);
        start = end;
        slice
    };
    fields.iter().map(part).collect()
}

pub(crate) fn xlen(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::int(ctx.read::<Stream>(&args[1])?.map_or(0, Stream::len)))
}

/// `-`, `+`, an id, or `(` and an id. `low` says which end of the range it is.
pub(crate) fn range_bound(text: &[u8], low: bool) -> Result<StreamId, Fault> {
    if text == b"-" {
        return Ok(StreamId::MIN);
    }
    if text == b"+" {
        return Ok(StreamId::MAX);
    }
    let default_seq = if low { 0 } else { u64::MAX };
    let Some(open) = text.strip_prefix(b"(") else { return StreamId::parse(text, default_seq) };
    let id = StreamId::parse(open, default_seq)?;
    if low {
        id.next().ok_or_else(|| Fault::text("ERR invalid start ID for the interval"))
    } else {
        id.previous().ok_or_else(|| Fault::text("ERR invalid end ID for the interval"))
    }
}

pub(crate) fn xrange(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (low, high) = (range_bound(&args[2], true)?, range_bound(&args[3], false)?);
    range(ctx, args, low, high, false)
}

pub(crate) fn xrevrange(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (high, low) = (range_bound(&args[2], false)?, range_bound(&args[3], true)?);
    range(ctx, args, low, high, true)
}

fn range(ctx: &mut Ctx<'_>, args: &[Bytes], low: StreamId, high: StreamId, reverse: bool) -> Outcome {
    let count = match &args[4..] {
        [] => usize::MAX,
        [word, count] if is(word, "COUNT") => usize::try_from(integer(count)?).unwrap_or(0),
        _ => return Err(Fault::Syntax),
    };
    let Some(stream) = ctx.read::<Stream>(&args[1])? else { return Ok(Reply::Array(Vec::new())) };
    if count == 0 {
        return Ok(Reply::NullArray);
    }
    let found = stream.range(low..=high);
    let tell = |(id, entry): (StreamId, &Entry)| entry_reply(id, entry);
    Ok(Reply::Array(if reverse {
        found.rev().take(count).map(tell).collect()
    } else {
        found.take(count).map(tell).collect()
    }))
}

pub(crate) fn xdel(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let ids = args[2..].iter().map(|text| StreamId::parse(text, 0)).collect::<Result<Vec<_>, _>>()?;
    let Some(stream) = ctx.edit::<Stream>(&args[1])? else { return Ok(Reply::Int(0)) };
    let deleted = ids.into_iter().filter(|id| stream.delete(*id)).count();
    if deleted > 0 {
        ctx.changed(&args[1]);
    }
    Ok(Reply::int(deleted))
}

pub(crate) fn xtrim(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let mut at = 2;
    if !is(&args[at], "MAXLEN") && !is(&args[at], "MINID") {
        return Err(Fault::Syntax);
    }
    let option = trim_option(args, &mut at)?;
    option.check()?;
    if at + 1 != args.len() {
        return Err(Fault::Syntax);
    }
    let Some(stream) = ctx.edit::<Stream>(&args[1])? else { return Ok(Reply::Int(0)) };
    let removed = stream.trim(option.trim, option.limit);
    if removed > 0 {
        ctx.changed(&args[1]);
    }
    Ok(Reply::int(removed))
}

pub(crate) fn xsetid(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let id = StreamId::parse(&args[2], 0)?;
    let (mut added, mut max_deleted, mut at) = (None, None, 3);
    while at < args.len() {
        if is(&args[at], "ENTRIESADDED") {
            let given = integer(following(args, &mut at)?)?;
            added = Some(u64::try_from(given).map_err(|_| Fault::text("ERR entries_added must be positive"))?);
        } else if is(&args[at], "MAXDELETEDID") {
            let given = StreamId::parse(following(args, &mut at)?, 0)?;
            if given > id {
                return Err(Fault::text(
                    "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
                ));
            }
            max_deleted = Some(given);
        } else {
            return Err(Fault::Syntax);
        }
        at += 1;
    }
    let stream = ctx.edit::<Stream>(&args[1])?.ok_or(Fault::NoSuchKey)?;
    if id < stream.max_deleted {
        return Err(Fault::text("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id"));
    }
    if stream.last().is_some_and(|(last, _)| id < last) {
        return Err(Fault::text("ERR The ID specified in XSETID is smaller than the target stream top item"));
    }
    if added.is_some_and(|added| added < stream.len() as u64) {
        return Err(Fault::text("ERR The entries_added specified in XSETID is smaller than the target stream length"));
    }
    stream.last_id = id;
    stream.entries_added = added.unwrap_or(stream.entries_added);
    stream.max_deleted = max_deleted.unwrap_or(stream.max_deleted);
    ctx.changed(&args[1]);
    Ok(Reply::Ok)
}
