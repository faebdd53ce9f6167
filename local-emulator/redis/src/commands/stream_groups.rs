//! Streams: consumer groups, acknowledgement.

use bytes::Bytes;

use super::argument::{command, is, unknown_subcommand};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::{integer, parse_i64};
use crate::reply::{Outcome, Reply};
use crate::types::stream::Group;
use crate::types::{Stream, StreamId};

/// The group is not there.
pub(crate) fn no_group(key: &[u8], group: &[u8]) -> Fault {
    Fault::text(format!(
        "NOGROUP No such consumer group '{}' for key name '{}'",
        String::from_utf8_lossy(group),
        String::from_utf8_lossy(key)
    ))
}

pub(crate) fn xgroup(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let sub = &args[1];
    match () {
        () if is(sub, "CREATE") => create(ctx, args),
        () if is(sub, "SETID") => set_id(ctx, args),
        () if is(sub, "DESTROY") => {
            let removed = stream(ctx, &args[2])?.groups.remove(&args[3]).is_some();
            if removed {
                ctx.changed(&args[2]);
            }
            Ok(Reply::flag(removed))
        }
        () if is(sub, "CREATECONSUMER") => {
            let now_ms = ctx.now_ms();
            let made = group(ctx, &args[2], &args[3])?.consumer(&args[4], now_ms).1;
            if made {
                ctx.changed(&args[2]);
            }
            Ok(Reply::flag(made))
        }
        () if is(sub, "DELCONSUMER") => {
            let group = group(ctx, &args[2], &args[3])?;
            let Some(consumer) = group.consumers.remove(&args[4]) else { return Ok(Reply::Int(0)) };
            for id in &consumer.pending {
                group.pending.remove(id);
            }
            ctx.changed(&args[2]);
            Ok(Reply::int(consumer.pending.len()))
        }
        () => Err(unknown_subcommand("XGROUP", sub)),
    }
}

fn stream<'a>(ctx: &'a mut Ctx<'_>, key: &[u8]) -> Result<&'a mut Stream, Fault> {
    ctx.edit::<Stream>(key)?.ok_or_else(|| {
        Fault::text(
            "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the \
             MKSTREAM option to create an empty stream automatically.",
        )
    })
}

fn group<'a>(ctx: &'a mut Ctx<'_>, key: &[u8], name: &[u8]) -> Result<&'a mut Group, Fault> {
    stream(ctx, key)?.groups.get_mut(name).ok_or_else(|| no_group(key, name))
}

/// ENTRIESREAD, of CREATE and SETID; -1 is unknown.
fn entries_read(args: &[Bytes], at: usize) -> Result<Option<u64>, Fault> {
    let given = integer(args.get(at).ok_or(Fault::Syntax)?)?;
    if given < -1 {
        return Err(Fault::text("ERR value for ENTRIESREAD must be positive or -1"));
    }
    Ok(u64::try_from(given).ok())
}

fn create(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (key, name) = (&args[2], &args[3]);
    let (mut make, mut read, mut at) = (false, None, 5);
    while at < args.len() {
        if is(&args[at], "MKSTREAM") {
            make = true;
        } else if is(&args[at], "ENTRIESREAD") {
            at += 1;
            read = entries_read(args, at)?;
        } else {
            return Err(Fault::Syntax);
        }
        at += 1;
    }
    let last = ctx.read::<Stream>(key)?.map(|stream| stream.last_id);
    if last.is_none() && !make {
        stream(ctx, key)?;
    }
    let id = if &args[4][..] == b"$" { last.unwrap_or_default() } else { StreamId::parse(&args[4], 0)? };
    let stream = ctx.edit_or_make::<Stream>(key)?;
    if stream.groups.contains_key(name) {
        return Err(Fault::text("BUSYGROUP Consumer Group name already exists"));
    }
    let group = Group { last_delivered: id, entries_read: read, ..Group::default() };
    stream.groups.insert(Bytes::copy_from_slice(name), group);
    ctx.changed(key);
    Ok(Reply::Ok)
}

fn set_id(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let read = match &args[5..] {
        [] => None,
        [word, _] if is(word, "ENTRIESREAD") => entries_read(args, 6)?,
        _ => return Err(Fault::Syntax),
    };
    let last = stream(ctx, &args[2])?.last_id;
    let id = if &args[4][..] == b"$" { last } else { StreamId::parse(&args[4], 0)? };
    let group = group(ctx, &args[2], &args[3])?;
    group.last_delivered = id;
    group.entries_read = read;
    ctx.changed(&args[2]);
    Ok(Reply::Ok)
}

pub(crate) fn xack(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let ids = args[3..].iter().map(|text| StreamId::parse(text, 0)).collect::<Result<Vec<_>, _>>()?;
    let Some(stream) = ctx.edit::<Stream>(&args[1])? else { return Ok(Reply::Int(0)) };
    let Some(group) = stream.groups.get_mut(&args[2]) else { return Ok(Reply::Int(0)) };
    let acknowledged = ids.into_iter().filter(|id| group.acknowledge(*id)).count();
    if acknowledged > 0 {
        ctx.changed(&args[1]);
    }
    Ok(Reply::int(acknowledged))
}

pub(crate) fn xpending(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let now_ms = ctx.now_ms();
    let (key, name) = (&args[1], &args[2]);
    let missing = || {
        Fault::text(format!(
            "NOGROUP No such key '{}' or consumer group '{}'",
            String::from_utf8_lossy(key),
            String::from_utf8_lossy(name)
        ))
    };
    let mut rest = &args[3..];
    let mut idle_ms = 0;
    if rest.first().is_some_and(|word| is(word, "IDLE")) {
        idle_ms = u64::try_from(integer(rest.get(1).ok_or(Fault::Syntax)?)?).unwrap_or(0);
        rest = &rest[2..];
        if rest.is_empty() {
            return Err(Fault::Syntax);
        }
    }
    let query = match rest {
        [] => None,
        [from, to, count] | [from, to, count, _] => {
            let count = usize::try_from(integer(count)?).unwrap_or(0);
            let low = super::stream_entries::range_bound(from, true)?;
            let high = super::stream_entries::range_bound(to, false)?;
            Some((low, high, count))
        }
        _ => return Err(Fault::Syntax),
    };
    let group = ctx.read::<Stream>(key)?.and_then(|stream| stream.groups.get(name)).ok_or_else(missing)?;
    let Some((low, high, count)) = query else { return Ok(summary(group)) };
    if low > high {
        return Ok(Reply::Array(Vec::new()));
    }
    let consumer = rest.get(3);
    let found = group
        .pending
        .range(low..=high)
        .filter(|(_, p)| consumer.is_none_or(|name| p.consumer == name))
        .filter(|(_, p)| now_ms.saturating_sub(p.delivered_ms) >= idle_ms)
        .take(count);
    let tell = |(id, p): (&StreamId, &crate::types::stream::Pending)| {
        let idle = i64::try_from(now_ms.saturating_sub(p.delivered_ms)).unwrap_or(i64::MAX);
        let deliveries = i64::try_from(p.deliveries).unwrap_or(i64::MAX);
        Reply::Array(vec![
            Reply::Bulk(id.bytes()),
            Reply::Bulk(p.consumer.clone()),
            Reply::Int(idle),
            Reply::Int(deliveries),
        ])
    };
    Ok(Reply::Array(found.map(tell).collect()))
}

fn summary(group: &Group) -> Reply {
    let (Some((first, _)), Some((last, _))) = (group.pending.first_key_value(), group.pending.last_key_value()) else {
        return Reply::Array(vec![Reply::Int(0), Reply::Null, Reply::Null, Reply::NullArray]);
    };
    let consumers = group.consumers.iter().filter(|(_, consumer)| !consumer.pending.is_empty());
    let counts = consumers.map(|(name, consumer)| {
        Reply::Array(vec![Reply::Bulk(name.clone()), Reply::text(consumer.pending.len().to_string())])
    });
    Reply::Array(vec![
        Reply::int(group.pending.len()),
        Reply::Bulk(first.bytes()),
        Reply::Bulk(last.bytes()),
        Reply::Array(counts.collect()),
    ])
}

/// What the log keeps of the progress of a group.
pub(crate) fn progress_log(key: &[u8], name: &[u8], group: &Group) -> Vec<Bytes> {
    let read = group.entries_read.and_then(|n| i64::try_from(n).ok()).unwrap_or(-1).to_string();
    debug_assert!(parse_i64(read.as_bytes()).is_some(), "the log must be readable");
    command([
        b"XGROUP",
        b"SETID",
        key,
        name,
        group.last_delivered.to_string().as_bytes(),
        b"ENTRIESREAD",
        read.as_bytes(),
    ])
}
