//! Numbers in strings.

use bytes::Bytes;

use super::argument::command;
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::{add_decimal, float, i64_bytes, integer};
use crate::reply::{Outcome, Reply};
use crate::types::Value;

pub(crate) fn incr(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    add(ctx, &args[1], 1)
}

pub(crate) fn decr(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    add(ctx, &args[1], -1)
}

pub(crate) fn incrby(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let by = integer(&args[2])?;
    add(ctx, &args[1], by)
}

pub(crate) fn decrby(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let by = integer(&args[2])?.checked_neg().ok_or_else(|| Fault::text("ERR decrement would overflow"))?;
    add(ctx, &args[1], by)
}

fn add(ctx: &mut Ctx<'_>, key: &Bytes, by: i64) -> Outcome {
    let old = ctx.read::<Bytes>(key)?.map_or(Ok(0), |text| integer(text))?;
    let new = old.checked_add(by).ok_or_else(|| Fault::text("ERR increment or decrement would overflow"))?;
    let expire_ms = ctx.entry(key).map_or(0, |entry| entry.expire_ms);
    ctx.store(key, Value::Text(Bytes::from(i64_bytes(new))), expire_ms);
    Ok(Reply::Int(new))
}

pub(crate) fn incrbyfloat(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let key = &args[1];
    let old = ctx.read::<Bytes>(key)?.cloned().unwrap_or_else(|| Bytes::from_static(b"0"));
    float(&old)?;
    float(&args[2])?;
    let new = add_decimal(&old, &args[2])
        .map(Bytes::from)
        .ok_or_else(|| Fault::text("ERR increment would produce NaN or Infinity"))?;
    let expire_ms = ctx.entry(key).map_or(0, |entry| entry.expire_ms);
    ctx.store(key, Value::Text(new.clone()), expire_ms);
    ctx.log_instead(vec![command([b"SET", key, &new, b"KEEPTTL"])]);
    Ok(Reply::Bulk(new))
}
