//! Streams: XINFO.

use bytes::Bytes;

use super::argument::{is, unknown_subcommand};
use super::stream_entries::entry_reply;
use super::stream_groups::no_group;
use crate::context::Ctx;
use crate::fault::Fault;
use crate::reply::{Outcome, Reply};
use crate::types::stream::{Entry, Group};
use crate::types::{Stream, StreamId};

pub(crate) fn xinfo(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let sub = &args[1];
    if is(sub, "STREAM") {
        if args.len() > 3 {
            return Err(Fault::text("ERR XINFO STREAM FULL is not supported by this server"));
        }
        let stream = ctx.read::<Stream>(&args[2])?.ok_or(Fault::NoSuchKey)?;
        return Ok(Reply::Map(of_stream(stream)));
    }
    if is(sub, "GROUPS") {
        let stream = ctx.read::<Stream>(&args[2])?.ok_or(Fault::NoSuchKey)?;
        return Ok(Reply::Array(stream.groups.iter().map(|(name, group)| of_group(stream, name, group)).collect()));
    }
    if is(sub, "CONSUMERS") {
        let now_ms = ctx.now_ms();
        let stream = ctx.read::<Stream>(&args[2])?.ok_or(Fault::NoSuchKey)?;
        let group = stream.groups.get(&args[3]).ok_or_else(|| no_group(&args[2], &args[3]))?;
        let consumers = group.consumers.iter().map(|(name, consumer)| {
            let idle = i64::try_from(now_ms.saturating_sub(consumer.seen_ms)).unwrap_or(i64::MAX);
            Reply::Map(vec![
                (Reply::word("name"), Reply::Bulk(name.clone())),
                (Reply::word("pending"), Reply::int(consumer.pending.len())),
                (Reply::word("idle"), Reply::Int(idle)),
            ])
        });
        return Ok(Reply::Array(consumers.collect()));
    }
    Err(unknown_subcommand("XINFO", sub))
}

fn counted(n: Option<u64>) -> Reply {
    n.map_or(Reply::Null, |n| Reply::Int(i64::try_from(n).unwrap_or(i64::MAX)))
}

fn of_stream(stream: &Stream) -> Vec<(Reply, Reply)> {
    let end = |entry: Option<(StreamId, &Entry)>| entry.map_or(Reply::Null, |(id, entry)| entry_reply(id, entry));
    let first = stream.first().map(|(id, _)| id).unwrap_or_default();
    // Redis tells the shape of its radix tree; here a node is an entry.
    vec![
        (Reply::word("length"), Reply::int(stream.len())),
        (Reply::word("radix-tree-keys"), Reply::int(stream.len())),
        (Reply::word("radix-tree-nodes"), Reply::int(stream.len() + 1)),
        (Reply::word("last-generated-id"), Reply::Bulk(stream.last_id.bytes())),
        (Reply::word("max-deleted-entry-id"), Reply::Bulk(stream.max_deleted.bytes())),
        (Reply::word("entries-added"), counted(Some(stream.entries_added))),
        (Reply::word("recorded-first-entry-id"), Reply::Bulk(first.bytes())),
        (Reply::word("groups"), Reply::int(stream.groups.len())),
        (Reply::word("first-entry"), end(stream.first())),
        (Reply::word("last-entry"), end(stream.last())),
    ]
}

fn of_group(stream: &Stream, name: &Bytes, group: &Group) -> Reply {
    Reply::Map(vec![
        (Reply::word("name"), Reply::Bulk(name.clone())),
        (Reply::word("consumers"), Reply::int(group.consumers.len())),
        (Reply::word("pending"), Reply::int(group.pending.len())),
        (Reply::word("last-delivered-id"), Reply::Bulk(group.last_delivered.bytes())),
        (Reply::word("entries-read"), counted(group.entries_read)),
        (Reply::word("lag"), stream.lag(group).map_or(Reply::Null, Reply::Int)),
    ])
}
