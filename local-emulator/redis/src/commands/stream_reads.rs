//! Streams: XREAD and XREADGROUP.

use bytes::Bytes;

use super::argument::{command, following, is};
use super::stream_claims::claim_log;
use super::stream_entries::entry_reply;
use super::stream_groups::progress_log;
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::integer;
use crate::reply::{Outcome, Reply};
use crate::types::{Stream, StreamId};

struct Read<'a> {
    count: usize,
    /// `Some(None)` waits for ever.
    block: Option<Option<u64>>,
    no_ack: bool,
    group: Option<(&'a Bytes, &'a Bytes)>,
    keys: &'a [Bytes],
    ids: &'a [Bytes],
    /// Where the ids begin in the arguments.
    ids_at: usize,
}

impl<'a> Read<'a> {
    fn parse(args: &'a [Bytes], grouped: bool, in_script: bool) -> Result<Self, Fault> {
        let (mut count, mut block, mut no_ack, mut group, mut at) = (usize::MAX, None, false, None, 1);
        while at < args.len() {
            let word = &args[at];
            if is(word, "COUNT") {
                let given = integer(following(args, &mut at)?)?;
                count = usize::try_from(given).ok().filter(|n| *n > 0).unwrap_or(usize::MAX);
            } else if is(word, "BLOCK") {
                let given = following(args, &mut at)?;
                if in_script {
                    // A script cannot wait, and is told so rather than answered as after a timeout.
                    let name = if grouped { "XREADGROUP" } else { "XREAD" };
                    return Err(Fault::text(format!(
                        "ERR {name} command is not allowed with BLOCK option from scripts"
                    )));
                }
                let ms = integer(given).map_err(|_| Fault::text("ERR timeout is not an integer or out of range"))?;
                let ms = u64::try_from(ms).map_err(|_| Fault::text("ERR timeout is negative"))?;
                block = Some((ms > 0).then_some(ms));
            } else if grouped && is(word, "NOACK") {
                no_ack = true;
            } else if is(word, "GROUP") {
                if !grouped {
                    return Err(Fault::text(
                        "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.",
                    ));
                }
                group = Some((following(args, &mut at)?, following(args, &mut at)?));
            } else if is(word, "STREAMS") {
                let rest = &args[at + 1..];
                if rest.is_empty() {
                    return Err(Fault::Syntax);
                }
                if !rest.len().is_multiple_of(2) {
                    return Err(Fault::text(
                        "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
                    ));
                }
                let (keys, ids) = rest.split_at(rest.len() / 2);
                if grouped && group.is_none() {
                    return Err(Fault::text("ERR Missing GROUP option for XREADGROUP"));
                }
                let ids_at = at + 1 + keys.len();
                return Ok(Self { count, block, no_ack, group, keys, ids, ids_at });
            } else {
                return Err(Fault::Syntax);
            }
            at += 1;
        }
        Err(Fault::Syntax)
    }
}

/// Streams with their entries: a map in RESP3, pairs in RESP2.
fn answer(protocol: u8, found: Vec<(Bytes, Reply)>) -> Reply {
    let pairs = found.into_iter().map(|(key, entries)| (Reply::Bulk(key), entries));
    if protocol >= 3 {
        Reply::Map(pairs.collect())
    } else {
        Reply::Array(pairs.map(|(key, entries)| Reply::Array(vec![key, entries])).collect())
    }
}

pub(crate) fn xread(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let read = Read::parse(args, false, ctx.in_script())?;
    // What `$` means is settled now, so that a client that waits sees all that comes after this moment.
    let mut resolved = Vec::with_capacity(read.keys.len());
    for (key, text) in read.keys.iter().zip(read.ids) {
        let stream = ctx.read::<Stream>(key)?;
        resolved.push(match &text[..] {
            b"$" => stream.map(|stream| stream.last_id).unwrap_or_default(),
            b">" => {
                return Err(Fault::text(
                    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
                ));
            }
            text => StreamId::parse(text, 0)?,
        });
    }
    let mut found = Vec::new();
    for (key, after) in read.keys.iter().zip(&resolved) {
        let (Some(stream), Some(from)) = (ctx.read::<Stream>(key)?, after.next()) else { continue };
        let entries: Vec<Reply> =
            stream.range(from..=StreamId::MAX).take(read.count).map(|(id, entry)| entry_reply(id, entry)).collect();
        if !entries.is_empty() {
            found.push((key.clone(), Reply::Array(entries)));
        }
    }
    if !found.is_empty() {
        return Ok(answer(ctx.session.protocol, found));
    }
    let Some(timeout) = read.block else { return Ok(Reply::NullArray) };
    let mut again = args.to_vec();
    for (slot, id) in again[read.ids_at..].iter_mut().zip(&resolved) {
        *slot = id.bytes();
    }
    Ok(ctx.block(read.keys.iter().cloned(), again, timeout, Reply::NullArray))
}

pub(crate) fn xreadgroup(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let read = Read::parse(args, true, ctx.in_script())?;
    let Some((group, consumer)) = read.group else { return Err(Fault::Syntax) };
    let mut wanted = Vec::with_capacity(read.keys.len());
    for (key, text) in read.keys.iter().zip(read.ids) {
        let known = ctx.read::<Stream>(key)?.is_some_and(|stream| stream.groups.contains_key(group));
        if !known {
            return Err(Fault::text(format!(
                "NOGROUP No such key '{}' or consumer group '{}' in XREADGROUP with GROUP option",
                String::from_utf8_lossy(key),
                String::from_utf8_lossy(group)
            )));
        }
        wanted.push(match &text[..] {
            b">" => None,
            b"$" => {
                return Err(Fault::text(
                    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this \
                     consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just \
                     return an empty result set.",
                ));
            }
            text => Some(StreamId::parse(text, 0)?),
        });
    }
    let mut found = Vec::new();
    for (key, wanted) in read.keys.iter().zip(wanted) {
        let entries = match wanted {
            Some(after) => Some(history(ctx, key, group, consumer, after, read.count)?),
            None => fresh(ctx, key, group, consumer, read.count, read.no_ack)?,
        };
        if let Some(entries) = entries {
            found.push((key.clone(), Reply::Array(entries)));
        }
    }
    if !found.is_empty() {
        return Ok(answer(ctx.session.protocol, found));
    }
    let Some(timeout) = read.block else { return Ok(Reply::NullArray) };
    Ok(ctx.block(read.keys.iter().cloned(), args.to_vec(), timeout, Reply::NullArray))
}

/// Marks the consumer as seen, and makes it where there is none.
fn greet(ctx: &mut Ctx<'_>, key: &Bytes, group: &Bytes, consumer: &Bytes) -> Result<(), Fault> {
    let now_ms = ctx.now_ms();
    let Some(group_mut) = ctx.edit::<Stream>(key)?.and_then(|stream| stream.groups.get_mut(group)) else {
        return Ok(());
    };
    if group_mut.consumer(consumer, now_ms).1 {
        ctx.engine.dirty += 1;
        ctx.log_instead(vec![command([b"XGROUP", b"CREATECONSUMER", key, group, consumer])]);
    }
    Ok(())
}

/// What the consumer holds already, behind an id. An entry that was deleted since has no fields.
fn history(
    ctx: &mut Ctx<'_>,
    key: &Bytes,
    group: &Bytes,
    consumer: &Bytes,
    after: StreamId,
    count: usize,
) -> Result<Vec<Reply>, Fault> {
    greet(ctx, key, group, consumer)?;
    let now_ms = ctx.now_ms();
    let mut told = Vec::new();
    let mut redelivered = Vec::new();
    if let Some(stream) = ctx.read::<Stream>(key)?
        && let Some(held) = stream.groups.get(group).and_then(|group| group.consumers.get(consumer))
        && let Some(from) = after.next()
    {
        for id in held.pending.range(from..).take(count) {
            told.push(match stream.get(*id) {
                Some(entry) => {
                    redelivered.push(*id);
                    entry_reply(*id, entry)
                }
                None => Reply::Array(vec![Reply::Bulk(id.bytes()), Reply::NullArray]),
            });
        }
    }
    let mut log = Vec::new();
    if let Some(group_mut) = ctx.edit::<Stream>(key)?.and_then(|stream| stream.groups.get_mut(group)) {
        for id in redelivered {
            if let Some(pending) = group_mut.pending.get_mut(&id) {
                pending.delivered_ms = now_ms;
                pending.deliveries += 1;
                log.push(claim_log(key, group, id, pending, group_mut.last_delivered));
            }
        }
    }
    if !log.is_empty() {
        ctx.engine.dirty += 1;
        ctx.log_instead(log);
    }
    Ok(told)
}

/// Entries that nobody in the group has got yet; `None` when there are none.
fn fresh(
    ctx: &mut Ctx<'_>,
    key: &Bytes,
    group: &Bytes,
    consumer: &Bytes,
    count: usize,
    no_ack: bool,
) -> Result<Option<Vec<Reply>>, Fault> {
    let now_ms = ctx.now_ms();
    let Some(stream) = ctx.read::<Stream>(key)? else { return Ok(None) };
    let Some(state) = stream.groups.get(group) else { return Ok(None) };
    let Some(from) = state.last_delivered.next() else { return Ok(None) };
    let mut told = Vec::new();
    let mut ids = Vec::new();
    for (id, entry) in stream.range(from..=StreamId::MAX).take(count) {
        ids.push(id);
        told.push(entry_reply(id, entry));
    }
    let Some(last) = ids.last().copied() else { return Ok(None) };
    let read = ids.iter().fold(state.entries_read, |read, id| stream.count_read(read, *id));
    // One who gets nothing is not made: Redis 7.0 does not know it either.
    greet(ctx, key, group, consumer)?;
    let mut log = Vec::new();
    let journaled = ctx.engine.journal.is_some();
    if let Some(state) = ctx.edit::<Stream>(key)?.and_then(|stream| stream.groups.get_mut(group)) {
        state.last_delivered = last;
        state.entries_read = read;
        // One copy of the name serves all entries of this read.
        let owner = state.consumers.get_key_value(consumer).map(|(name, _)| name.clone()).unwrap_or_default();
        if !no_ack {
            for id in ids {
                state.assign(id, &owner, now_ms, 1);
                if journaled && let Some(pending) = state.pending.get(&id) {
                    log.push(claim_log(key, group, id, pending, last));
                }
            }
        }
        if journaled {
            log.push(progress_log(key, group, state));
        }
    }
    // Nobody who waits on this stream gains from a read: only the account and the watchers are told.
    ctx.changed(key);
    ctx.log_instead(log);
    Ok(Some(told))
}
