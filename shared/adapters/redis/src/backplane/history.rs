//! Durable messages: a stream a channel, whose ids are the offsets and whose entries are the messages as they were sent.
//!
//! One key holds all of a history, so that none of it can be lost alone. The epoch stands in every entry. Who asks before
//! anything was published is promised the epoch of the first message, so that it can later ask what came after nothing.

use super::names::partition;
use super::redis_backplane::HISTORY_BYTES_MAX;
use super::shared::Shared;
use super::wire;
use crate::cache::milliseconds;
use bytes::Bytes;
use octavo_domain_kernel::PortError;
use octavo_domain_realtime::{Channel, History, HistoryEntry, HistoryLimits, Position};
use redis::Script;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

/// Messages of a history, at most.
const LENGTH_MAX: u32 = 10_000;
/// The shortest time that a history is kept.
const TTL_MIN: Duration = Duration::from_secs(1);
/// How long an epoch stays promised after it was last asked for.
const PROMISE_KEPT: Duration = Duration::from_secs(3600);
/// Histories that a script looks at in one go: others wait for it.
const TOPS_AT_ONCE: usize = 256;

static PUBLISH: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("publish.lua")));
static HISTORY: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("history.lua")));
static TOPS: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("tops.lua")));

fn drawn(shared: &Shared) -> String {
    // 64 bits are enough: messages and epochs are compared within a channel only.
    format!("{:016x}", (shared.random)())
}

/// Limits that are out of their range are taken for the nearest that is within.
pub(super) async fn publish(
    shared: &Shared,
    channel: &Channel,
    payload: &Bytes,
    limits: HistoryLimits,
) -> Result<Position, PortError> {
    let command = shared.publish_command().await?;
    let id = drawn(shared);
    let (epoch, offset): (String, u64) = shared
        .redis
        .script_once(&PUBLISH, |script, again| {
            script.key(shared.names.history(channel)).key(shared.names.promise(channel));
            script.key(shared.names.channel(channel)).arg(command).arg(payload.as_ref());
            script.arg(limits.length.clamp(1, LENGTH_MAX)).arg(milliseconds(limits.ttl.max(TTL_MIN)));
            script.arg(&id).arg(u8::from(again));
        })
        .await?;
    Ok(Position { epoch, offset })
}

pub(super) async fn read(
    shared: &Shared,
    channel: &Channel,
    since: Option<&Position>,
    limit: usize,
) -> Result<History, PortError> {
    let (epoch, offset, whole, messages): (String, u64, bool, Vec<Bytes>) = shared
        .redis
        .script(&HISTORY, |script| {
            script.key(shared.names.history(channel)).key(shared.names.promise(channel));
            // An empty epoch is nobody's: it must not be taken for a question about the top alone.
            let since =
                since.map(|since| if since.epoch.is_empty() { ("-", 0) } else { (&*since.epoch, since.offset) });
            let (epoch, offset) = since.unwrap_or_default();
            script.arg(epoch).arg(offset).arg(limit.min(LENGTH_MAX as usize)).arg(HISTORY_BYTES_MAX);
            script.arg(drawn(shared)).arg(milliseconds(PROMISE_KEPT));
        })
        .await?;
    let entries = messages.iter().map(|message| match wire::open(message) {
        Some((payload, Some(position))) => Ok(HistoryEntry { offset: position.offset, payload }),
        _ => Err(PortError::corrupt(format!("a history of {channel} holds what is no message"))),
    });
    Ok(History { whole, entries: entries.collect::<Result<_, _>>()?, top: Position { epoch, offset } })
}

pub(super) async fn tops(shared: &Shared, channels: &[Channel]) -> Result<Vec<Option<Position>>, PortError> {
    let mut partitions = BTreeMap::<u64, Vec<usize>>::new();
    for (at, channel) in channels.iter().enumerate() {
        partitions.entry(partition(channel)).or_default().push(at);
    }
    let mut tops = vec![None; channels.len()];
    // A script a partition, one after another: this is asked after an outage, when everybody asks.
    for places in partitions.values().flat_map(|places| places.chunks(TOPS_AT_ONCE)) {
        let found: Vec<Option<String>> = shared
            .redis
            .script(&TOPS, |script| {
                for at in places {
                    script.key(shared.names.history(&channels[*at]));
                }
            })
            .await?;
        for (at, text) in places.iter().zip(found) {
            tops[*at] = text.as_deref().and_then(wire::position);
        }
    }
    Ok(tops)
}
