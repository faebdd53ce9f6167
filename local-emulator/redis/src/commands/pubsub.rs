//! Publish and subscribe.

use bytes::Bytes;

use super::argument::{is, subcommand_arity, unknown_subcommand};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::pubsub::Kind;
use crate::reply::{Outcome, Reply};

pub(crate) fn publish(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::int(ctx.engine.pubsub.publish(&args[1], &args[2], false)))
}

pub(crate) fn spublish(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::int(ctx.engine.pubsub.publish(&args[1], &args[2], true)))
}

pub(crate) fn subscribe(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    join(ctx, &args[1..], Kind::Channel, "subscribe")
}

pub(crate) fn psubscribe(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    join(ctx, &args[1..], Kind::Pattern, "psubscribe")
}

pub(crate) fn ssubscribe(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    join(ctx, &args[1..], Kind::Shard, "ssubscribe")
}

pub(crate) fn unsubscribe(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    part(ctx, &args[1..], Kind::Channel, "unsubscribe")
}

pub(crate) fn punsubscribe(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    part(ctx, &args[1..], Kind::Pattern, "punsubscribe")
}

pub(crate) fn sunsubscribe(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    part(ctx, &args[1..], Kind::Shard, "sunsubscribe")
}

fn confirmation(word: &'static str, name: Reply, count: usize) -> Reply {
    Reply::Push(vec![Reply::word(word), name, Reply::int(count)])
}

fn join(ctx: &mut Ctx<'_>, names: &[Bytes], kind: Kind, word: &'static str) -> Outcome {
    let (client, protocol) = (ctx.session.id, ctx.session.protocol);
    let mut frames = Vec::with_capacity(names.len());
    for name in names {
        ctx.engine.pubsub.add(client, protocol, &ctx.session.outbox, kind, name);
        frames.push(confirmation(word, Reply::Bulk(name.clone()), ctx.engine.pubsub.count(client, kind)));
    }
    ctx.session.subscriptions = ctx.engine.pubsub.total(client);
    Ok(Reply::Frames(frames))
}

fn part(ctx: &mut Ctx<'_>, names: &[Bytes], kind: Kind, word: &'static str) -> Outcome {
    let client = ctx.session.id;
    let names = if names.is_empty() { ctx.engine.pubsub.names_of(client, kind) } else { names.to_vec() };
    let mut frames = Vec::with_capacity(names.len().max(1));
    for name in names {
        ctx.engine.pubsub.remove(client, kind, &name);
        frames.push(confirmation(word, Reply::Bulk(name), ctx.engine.pubsub.count(client, kind)));
    }
    if frames.is_empty() {
        frames.push(confirmation(word, Reply::Null, ctx.engine.pubsub.count(client, kind)));
    }
    ctx.session.subscriptions = ctx.engine.pubsub.total(client);
    Ok(Reply::Frames(frames))
}

pub(crate) fn pubsub(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let sub = &args[1];
    let kind = if sub.len() > 5 && is(&sub[..5], "SHARD") { Kind::Shard } else { Kind::Channel };
    if is(sub, "CHANNELS") || is(sub, "SHARDCHANNELS") {
        subcommand_arity(args, 2, 3, "pubsub|channels")?;
        return Ok(Reply::bulks(ctx.engine.pubsub.active(kind, args.get(2))));
    }
    if is(sub, "NUMSUB") || is(sub, "SHARDNUMSUB") {
        let counts = args[2..]
            .iter()
            .flat_map(|name| [Reply::Bulk(name.clone()), Reply::int(ctx.engine.pubsub.listener_count(kind, name))]);
        return Ok(Reply::Array(counts.collect()));
    }
    if is(sub, "NUMPAT") {
        return Ok(Reply::int(ctx.engine.pubsub.pattern_count()));
    }
    Err(unknown_subcommand("PUBSUB", sub))
}

/// In RESP2 a subscriber gets PONG as an array, so that it can tell it from a message.
pub(crate) fn ping(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    if args.len() > 2 {
        return Err(Fault::Arity("ping".to_owned()));
    }
    if ctx.session.subscriptions > 0 && ctx.session.protocol < 3 {
        let text = args.get(1).cloned().unwrap_or_default();
        return Ok(Reply::Array(vec![Reply::word("pong"), Reply::Bulk(text)]));
    }
    Ok(args.get(1).map_or(Reply::Status("PONG"), |text| Reply::Bulk(text.clone())))
}
