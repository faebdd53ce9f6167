//! When keys end.

use bytes::Bytes;

use super::argument::{command, is};
use super::strings::TimeUnit;
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::integer;
use crate::reply::{Outcome, Reply};

/// The moment that a positive time argument means, in milliseconds since 1970.
pub(crate) fn absolute_ms(ctx: &Ctx<'_>, arg: &[u8], unit: TimeUnit, name: &'static str) -> Result<u64, Fault> {
    let given = integer(arg)?;
    if given <= 0 {
        return Err(Fault::ExpireTime(name));
    }
    moment(ctx, given, unit).and_then(|ms| u64::try_from(ms).ok()).ok_or(Fault::ExpireTime(name))
}

fn moment(ctx: &Ctx<'_>, given: i64, unit: TimeUnit) -> Option<i64> {
    let ms = if unit.milliseconds { given } else { given.checked_mul(1000)? };
    if unit.absolute { Some(ms) } else { ms.checked_add(i64::try_from(ctx.now_ms()).ok()?) }
}

pub(crate) fn expire(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    set(ctx, args, TimeUnit { milliseconds: false, absolute: false }, "expire")
}

pub(crate) fn pexpire(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    set(ctx, args, TimeUnit { milliseconds: true, absolute: false }, "pexpire")
}

pub(crate) fn expireat(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    set(ctx, args, TimeUnit { milliseconds: false, absolute: true }, "expireat")
}

pub(crate) fn pexpireat(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    set(ctx, args, TimeUnit { milliseconds: true, absolute: true }, "pexpireat")
}

fn set(ctx: &mut Ctx<'_>, args: &[Bytes], unit: TimeUnit, name: &'static str) -> Outcome {
    let key = &args[1];
    let (mut nx, mut xx, mut gt, mut lt) = (false, false, false, false);
    for word in &args[3..] {
        match () {
            () if is(word, "NX") => nx = true,
            () if is(word, "XX") => xx = true,
            () if is(word, "GT") => gt = true,
            () if is(word, "LT") => lt = true,
            () => return Err(Fault::text(format!("ERR Unsupported option {}", String::from_utf8_lossy(word)))),
        }
    }
    if nx && (xx || gt || lt) {
        return Err(Fault::text("ERR NX and XX, GT or LT options at the same time are not compatible"));
    }
    if gt && lt {
        return Err(Fault::text("ERR GT and LT options at the same time are not compatible"));
    }
    let at = moment(ctx, integer(&args[2])?, unit).ok_or(Fault::ExpireTime(name))?;
    // A moment before 1970 is over as well; 1 keeps it apart from 0, never.
    let at = u64::try_from(at.max(1)).unwrap_or(1);
    let Some(old) = ctx.entry(key).map(|entry| entry.expire_ms) else { return Ok(Reply::Int(0)) };
    let refused =
        (nx && old > 0) || (xx && old == 0) || (gt && (old == 0 || at <= old)) || (lt && old > 0 && at >= old);
    if refused {
        return Ok(Reply::Int(0));
    }
    if at > ctx.now_ms() {
        ctx.log_instead(vec![command([b"PEXPIREAT", key, at.to_string().as_bytes()])]);
    }
    ctx.set_expiry(key, at);
    Ok(Reply::Int(1))
}

/// -2 for no key, -1 for a key without an end.
fn remaining(ctx: &mut Ctx<'_>, key: &[u8], tell: impl Fn(u64, u64) -> u64) -> Outcome {
    let now = ctx.now_ms();
    Ok(Reply::Int(match ctx.entry(key).map(|entry| entry.expire_ms) {
        None => -2,
        Some(0) => -1,
        Some(at) => i64::try_from(tell(at, now)).unwrap_or(i64::MAX),
    }))
}

pub(crate) fn ttl(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    remaining(ctx, &args[1], |at, now| (at.saturating_sub(now) + 500) / 1000)
}

pub(crate) fn pttl(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    remaining(ctx, &args[1], u64::saturating_sub)
}

pub(crate) fn expiretime(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    remaining(ctx, &args[1], |at, _| (at + 500) / 1000)
}

pub(crate) fn pexpiretime(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    remaining(ctx, &args[1], |at, _| at)
}

pub(crate) fn persist(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    if ctx.entry(&args[1]).is_none_or(|entry| entry.expire_ms == 0) {
        return Ok(Reply::Int(0));
    }
    ctx.set_expiry(&args[1], 0);
    Ok(Reply::Int(1))
}
