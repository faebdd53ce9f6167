//! Streams: XCLAIM and XAUTOCLAIM.

use bytes::Bytes;

use super::argument::{command, following, is};
use super::stream_entries::{entry_reply, range_bound};
use super::stream_groups::progress_log;
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::integer;
use crate::reply::{Outcome, Reply};
use crate::types::stream::Group;
use crate::types::stream::Pending;
use crate::types::{Stream, StreamId};

/// XAUTOCLAIM looks at this many times as many pending entries as it may return.
const ATTEMPTS_PER_COUNT: usize = 10;

/// The command that gives an entry to a consumer again when the log is replayed.
pub(crate) fn claim_log(key: &[u8], group: &[u8], id: StreamId, pending: &Pending, last: StreamId) -> Vec<Bytes> {
    command([
        b"XCLAIM",
        key,
        group,
        &pending.consumer,
        b"0",
        id.to_string().as_bytes(),
        b"TIME",
        pending.delivered_ms.to_string().as_bytes(),
        b"RETRYCOUNT",
        pending.deliveries.to_string().as_bytes(),
        b"FORCE",
        b"JUSTID",
        b"LASTID",
        last.to_string().as_bytes(),
    ])
}

fn missing(key: &[u8], group: &[u8]) -> Fault {
    Fault::text(format!(
        "NOGROUP No such key '{}' or consumer group '{}'",
        String::from_utf8_lossy(key),
        String::from_utf8_lossy(group)
    ))
}

fn check(ctx: &mut Ctx<'_>, key: &[u8], group: &[u8]) -> Result<(), Fault> {
    match ctx.read::<Stream>(key)? {
        Some(stream) if stream.groups.contains_key(group) => Ok(()),
        _ => Err(missing(key, group)),
    }
}

#[derive(Default)]
struct ClaimOptions {
    delivered_ms: Option<u64>,
    retry_count: Option<u64>,
    force: bool,
    just_id: bool,
    last_id: Option<StreamId>,
}

impl ClaimOptions {
    fn parse(args: &[Bytes], now_ms: u64) -> Result<Self, Fault> {
        let mut options = Self::default();
        let mut at = 0;
        while at < args.len() {
            let word = &args[at];
            if is(word, "FORCE") {
                options.force = true;
            } else if is(word, "JUSTID") {
                options.just_id = true;
            } else if is(word, "IDLE") {
                let idle = integer(following(args, &mut at)?)
                    .map_err(|_| Fault::text("ERR Invalid IDLE option argument for XCLAIM"))?;
                options.delivered_ms = Some(now_ms.saturating_sub(u64::try_from(idle).unwrap_or(0)));
            } else if is(word, "TIME") {
                let time = integer(following(args, &mut at)?)
                    .map_err(|_| Fault::text("ERR Invalid TIME option argument for XCLAIM"))?;
                options.delivered_ms = u64::try_from(time).ok();
            } else if is(word, "RETRYCOUNT") {
                let count = integer(following(args, &mut at)?)
                    .map_err(|_| Fault::text("ERR Invalid RETRYCOUNT option argument for XCLAIM"))?;
                options.retry_count = Some(u64::try_from(count).unwrap_or(0));
            } else if is(word, "LASTID") {
                options.last_id = Some(StreamId::parse(following(args, &mut at)?, 0)?);
            } else {
                return Err(Fault::text(format!("ERR Unrecognized XCLAIM option '{}'", String::from_utf8_lossy(word))));
            }
            at += 1;
        }
        Ok(options)
    }
}

/// The consumer who claims, by the one copy of its name that the group has. It is made when it gets its first entry.
fn claimer(
    state: &mut Group,
    key: &Bytes,
    group: &Bytes,
    consumer: &Bytes,
    now_ms: u64,
    log: &mut Vec<Vec<Bytes>>,
) -> Bytes {
    let (_, made) = state.consumer(consumer, now_ms);
    if made {
        log.push(command([b"XGROUP", b"CREATECONSUMER", key, group, consumer]));
    }
    state.consumers.get_key_value(consumer).map(|(name, _)| name.clone()).unwrap_or_default()
}

pub(crate) fn xclaim(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (key, group, consumer) = (&args[1], &args[2], &args[3]);
    check(ctx, key, group)?;
    let min_idle = integer(&args[4]).map_err(|_| Fault::text("ERR Invalid min-idle-time argument for XCLAIM"))?;
    let min_idle = u64::try_from(min_idle).unwrap_or(0);
    let mut ids = Vec::new();
    let mut at = 5;
    while let Some(id) = args.get(at).and_then(|text| StreamId::parse(text, 0).ok()) {
        ids.push(id);
        at += 1;
    }
    let now_ms = ctx.now_ms();
    let options = ClaimOptions::parse(&args[at..], now_ms)?;
    // A delivery in the future would never become idle.
    let delivered_ms = options.delivered_ms.filter(|at| *at <= now_ms || ctx.engine.replaying).unwrap_or(now_ms);

    let (mut told, mut log) = (Vec::new(), Vec::new());
    let Some(stream) = ctx.edit::<Stream>(key)? else { return Err(missing(key, group)) };
    let existing: Vec<Option<Reply>> =
        ids.iter().map(|id| stream.get(*id).map(|entry| entry_reply(*id, entry))).collect();
    let Some(state) = stream.groups.get_mut(group) else { return Err(missing(key, group)) };
    if let Some(last) = options.last_id {
        state.last_delivered = state.last_delivered.max(last);
    }
    for (id, entry) in ids.into_iter().zip(existing) {
        let Some(entry) = entry else {
            // Deleted from the stream: nobody can process it, so nobody holds it any longer.
            if state.acknowledge(id) {
                log.push(command([b"XACK", key, group, id.to_string().as_bytes()]));
            }
            continue;
        };
        let (idle, deliveries) = match state.pending.get(&id) {
            Some(pending) => (now_ms.saturating_sub(pending.delivered_ms), pending.deliveries),
            None if options.force => (u64::MAX, 0),
            None => continue,
        };
        if idle < min_idle {
            continue;
        }
        let deliveries = options.retry_count.unwrap_or(deliveries + u64::from(!options.just_id));
        let owner = claimer(state, key, group, consumer, now_ms, &mut log);
        state.assign(id, &owner, delivered_ms, deliveries);
        if let Some(pending) = state.pending.get(&id) {
            log.push(claim_log(key, group, id, pending, state.last_delivered));
        }
        told.push(if options.just_id { Reply::Bulk(id.bytes()) } else { entry });
    }
    if options.last_id.is_some() {
        log.push(progress_log(key, group, state));
    }
    if !log.is_empty() {
        ctx.changed(key);
        ctx.log_instead(log);
    }
    Ok(Reply::Array(told))
}

pub(crate) fn xautoclaim(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (key, group, consumer) = (&args[1], &args[2], &args[3]);
    let min_idle = integer(&args[4]).map_err(|_| Fault::text("ERR Invalid min-idle-time argument for XAUTOCLAIM"))?;
    let min_idle = u64::try_from(min_idle).unwrap_or(0);
    let start = range_bound(&args[5], true)?;
    let (mut count, mut just_id, mut at) = (100usize, false, 6);
    while at < args.len() {
        if is(&args[at], "COUNT") {
            let given = integer(following(args, &mut at)?)?;
            count =
                usize::try_from(given).ok().filter(|n| *n > 0).ok_or_else(|| Fault::text("ERR COUNT must be > 0"))?;
        } else if is(&args[at], "JUSTID") {
            just_id = true;
        } else {
            return Err(Fault::Syntax);
        }
        at += 1;
    }
    check(ctx, key, group)?;
    let now_ms = ctx.now_ms();
    let (mut told, mut deleted, mut log) = (Vec::new(), Vec::new(), Vec::new());

    let Some(stream) = ctx.edit::<Stream>(key)? else { return Err(missing(key, group)) };
    let Some(state) = stream.groups.get_mut(group) else { return Err(missing(key, group)) };
    let attempts = count.saturating_mul(ATTEMPTS_PER_COUNT);
    let candidates: Vec<StreamId> =
        state.pending.range(start..).take(attempts.saturating_add(1)).map(|(id, _)| *id).collect();
    let mut looked = 0;
    let mut claimed = Vec::new();
    for id in candidates.iter().take(attempts) {
        if claimed.len() + deleted.len() >= count {
            break;
        }
        looked += 1;
        let Some(pending) = state.pending.get(id) else { continue };
        if now_ms.saturating_sub(pending.delivered_ms) < min_idle {
            continue;
        }
        claimed.push((*id, pending.deliveries + u64::from(!just_id)));
    }
    let next = candidates.get(looked).copied().unwrap_or(StreamId::MIN);
    claimed.retain(|(id, deliveries)| {
        let Some(entry) = stream.get(*id).map(|entry| entry_reply(*id, entry)) else {
            deleted.push(*id);
            return false;
        };
        let Some(state) = stream.groups.get_mut(group) else { return false };
        let owner = claimer(state, key, group, consumer, now_ms, &mut log);
        state.assign(*id, &owner, now_ms, *deliveries);
        if let Some(pending) = state.pending.get(id) {
            log.push(claim_log(key, group, *id, pending, state.last_delivered));
        }
        told.push(if just_id { Reply::Bulk(id.bytes()) } else { entry });
        true
    });
    for id in &deleted {
        if let Some(state) = stream.groups.get_mut(group) {
            state.acknowledge(*id);
        }
        log.push(command([b"XACK", key, group, id.to_string().as_bytes()]));
    }
    if !log.is_empty() {
        ctx.changed(key);
        ctx.log_instead(log);
    }
    Ok(Reply::Array(vec![
        Reply::Bulk(next.bytes()),
        Reply::Array(told),
        Reply::bulks(deleted.into_iter().map(StreamId::bytes)),
    ]))
}
