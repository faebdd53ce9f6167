//! Moves between lists, and pops that wait.

use bytes::Bytes;

use super::argument::{command, is, timeout_seconds};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::reply::{Outcome, Reply};
use crate::types::{End, List};

fn end(word: &[u8]) -> Result<End, Fault> {
    match word {
        word if is(word, "LEFT") => Ok(End::Left),
        word if is(word, "RIGHT") => Ok(End::Right),
        _ => Err(Fault::Syntax),
    }
}

fn end_name(end: End) -> &'static [u8] {
    match end {
        End::Left => b"LEFT",
        End::Right => b"RIGHT",
    }
}

/// Moves one item; `None` when there is none to move.
fn shift(ctx: &mut Ctx<'_>, from: &Bytes, to: &Bytes, take: End, put: End) -> Result<Option<Bytes>, Fault> {
    if ctx.read::<List>(from)?.is_none() {
        return Ok(None);
    }
    // Looked at first: nothing may be taken that cannot be put.
    ctx.read::<List>(to)?;
    let Some(item) = ctx.edit::<List>(from)?.and_then(|list| list.pop(take)) else { return Ok(None) };
    if from != to {
        ctx.changed(from);
    }
    ctx.edit_or_make::<List>(to)?.push(put, item.clone());
    ctx.changed(to);
    ctx.log_instead(vec![command([b"LMOVE", from, to, end_name(take), end_name(put)])]);
    Ok(Some(item))
}

pub(crate) fn lmove(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (take, put) = (end(&args[3])?, end(&args[4])?);
    Ok(Reply::bulk_or_null(shift(ctx, &args[1], &args[2], take, put)?))
}

pub(crate) fn rpoplpush(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::bulk_or_null(shift(ctx, &args[1], &args[2], End::Right, End::Left)?))
}

pub(crate) fn blmove(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (take, put) = (end(&args[3])?, end(&args[4])?);
    blocking_shift(ctx, args, take, put, &args[5])
}

pub(crate) fn brpoplpush(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    blocking_shift(ctx, args, End::Right, End::Left, &args[3])
}

fn blocking_shift(ctx: &mut Ctx<'_>, args: &[Bytes], take: End, put: End, timeout: &[u8]) -> Outcome {
    let timeout = timeout_seconds(timeout)?;
    if let Some(item) = shift(ctx, &args[1], &args[2], take, put)? {
        return Ok(Reply::Bulk(item));
    }
    if !ctx.session.may_block() {
        // Where it cannot wait it answers as LMOVE; after a timeout as all that wait.
        return Ok(Reply::Null);
    }
    Ok(ctx.block([args[1].clone()], args.to_vec(), timeout, Reply::NullArray))
}

pub(crate) fn blpop(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    blocking_pop(ctx, args, End::Left, b"LPOP")
}

pub(crate) fn brpop(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    blocking_pop(ctx, args, End::Right, b"RPOP")
}

fn blocking_pop(ctx: &mut Ctx<'_>, args: &[Bytes], end: End, log_as: &[u8]) -> Outcome {
    let (keys, timeout) = (&args[1..args.len() - 1], timeout_seconds(&args[args.len() - 1])?);
    for key in keys {
        if let Some(item) = ctx.edit::<List>(key)?.and_then(|list| list.pop(end)) {
            ctx.changed(key);
            ctx.log_instead(vec![command([log_as, key])]);
            return Ok(Reply::Array(vec![Reply::Bulk(key.clone()), Reply::Bulk(item)]));
        }
    }
    Ok(ctx.block(keys.iter().cloned(), args.to_vec(), timeout, Reply::NullArray))
}
