//! Strings.

use bytes::{Bytes, BytesMut};

use super::argument::{command, following, is};
use super::expiry::absolute_ms;
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::integer;
use crate::reply::{Outcome, Reply};
use crate::types::Value;

/// The longest string that SETRANGE, APPEND and SETBIT make, in bytes.
pub(crate) const STRING_BYTES_MAX: usize = 512 * 1024 * 1024;

pub(crate) fn get(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::bulk_or_null(ctx.read::<Bytes>(&args[1])?.cloned()))
}

/// Copied, so that a small value does not hold on to the read buffer that it came in.
fn owned(value: &Bytes) -> Value {
    Value::Text(Bytes::copy_from_slice(value))
}

#[derive(Default)]
struct SetOptions {
    if_absent: bool,
    if_present: bool,
    get: bool,
    keep_ttl: bool,
    /// 0 for never.
    expire_ms: u64,
}

fn set_options(ctx: &Ctx<'_>, args: &[Bytes]) -> Result<SetOptions, Fault> {
    let mut options = SetOptions::default();
    let mut expires = None;
    let mut at = 0;
    while at < args.len() {
        let word = &args[at];
        let timed = expires.is_some();
        if is(word, "NX") && !options.if_present {
            options.if_absent = true;
        } else if is(word, "XX") && !options.if_absent {
            options.if_present = true;
        } else if is(word, "GET") {
            options.get = true;
        } else if is(word, "KEEPTTL") && !timed {
            options.keep_ttl = true;
        } else if let Some(unit) = time_unit(word)
            && !timed
            && !options.keep_ttl
        {
            expires = Some((following(args, &mut at)?, unit));
        } else {
            return Err(Fault::Syntax);
        }
        at += 1;
    }
    // Looked at when the whole is known to be well formed.
    if let Some((given, unit)) = expires {
        options.expire_ms = absolute_ms(ctx, given, unit, "set")?;
    }
    Ok(options)
}

/// How an option gives a time: in milliseconds or seconds, from now or since 1970.
pub(crate) fn time_unit(word: &[u8]) -> Option<TimeUnit> {
    let unit = |milliseconds, absolute| Some(TimeUnit { milliseconds, absolute });
    match () {
        () if is(word, "EX") => unit(false, false),
        () if is(word, "PX") => unit(true, false),
        () if is(word, "EXAT") => unit(false, true),
        () if is(word, "PXAT") => unit(true, true),
        () => None,
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeUnit {
    pub(crate) milliseconds: bool,
    pub(crate) absolute: bool,
}

pub(crate) fn set(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    if args.len() == 3 {
        ctx.store(&args[1], owned(&args[2]), 0);
        return Ok(Reply::Ok);
    }
    let options = set_options(ctx, &args[3..])?;
    let key = &args[1];
    let old = if options.get { ctx.read::<Bytes>(key)?.cloned() } else { None };
    let present = ctx.entry(key).map(|entry| entry.expire_ms);
    if (options.if_absent && present.is_some()) || (options.if_present && present.is_none()) {
        return Ok(Reply::bulk_or_null(old));
    }
    let expire_ms = if options.keep_ttl { present.unwrap_or(0) } else { options.expire_ms };
    store_until(ctx, key, &args[2], expire_ms);
    Ok(if options.get { Reply::bulk_or_null(old) } else { Reply::Ok })
}

/// Stores a string that ends at a moment (0 for never), and logs it so.
fn store_until(ctx: &mut Ctx<'_>, key: &Bytes, value: &Bytes, expire_ms: u64) {
    ctx.store(key, owned(value), expire_ms);
    let log = if expire_ms > 0 {
        command([b"SET", key, value, b"PXAT", expire_ms.to_string().as_bytes()])
    } else {
        command([b"SET", key, value])
    };
    ctx.log_instead(vec![log]);
}

pub(crate) fn setex(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    timed_set(ctx, args, TimeUnit { milliseconds: false, absolute: false }, "setex")
}

pub(crate) fn psetex(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    timed_set(ctx, args, TimeUnit { milliseconds: true, absolute: false }, "psetex")
}

fn timed_set(ctx: &mut Ctx<'_>, args: &[Bytes], unit: TimeUnit, name: &'static str) -> Outcome {
    let expire_ms = absolute_ms(ctx, &args[2], unit, name)?;
    store_until(ctx, &args[1], &args[3], expire_ms);
    Ok(Reply::Ok)
}

pub(crate) fn setnx(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    if ctx.exists(&args[1]) {
        return Ok(Reply::Int(0));
    }
    ctx.store(&args[1], owned(&args[2]), 0);
    Ok(Reply::Int(1))
}

pub(crate) fn getset(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let old = ctx.read::<Bytes>(&args[1])?.cloned();
    ctx.store(&args[1], owned(&args[2]), 0);
    Ok(Reply::bulk_or_null(old))
}

pub(crate) fn getdel(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let old = ctx.read::<Bytes>(&args[1])?.cloned();
    if old.is_some() {
        ctx.delete(&args[1]);
    }
    Ok(Reply::bulk_or_null(old))
}

pub(crate) fn getex(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let key = &args[1];
    let given = match args.len() {
        2 => None,
        3 if is(&args[2], "PERSIST") => None,
        4 => Some(time_unit(&args[2]).ok_or(Fault::Syntax)?),
        _ => return Err(Fault::Syntax),
    };
    let Some(value) = ctx.read::<Bytes>(key)?.cloned() else { return Ok(Reply::Null) };
    let expire_ms = match given {
        Some(unit) => Some(absolute_ms(ctx, &args[3], unit, "getex")?),
        None if args.len() == 3 => Some(0),
        None => None,
    };
    match expire_ms {
        None => {}
        Some(0) => ctx.set_expiry(key, 0),
        Some(at) if at <= ctx.now_ms() => ctx.set_expiry(key, at),
        Some(at) => {
            ctx.set_expiry(key, at);
            ctx.log_instead(vec![command([b"PEXPIREAT", key, at.to_string().as_bytes()])]);
        }
    }
    Ok(Reply::Bulk(value))
}

pub(crate) fn mget(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let values = args[1..].iter().map(|key| Reply::bulk_or_null(ctx.read::<Bytes>(key).ok().flatten().cloned()));
    Ok(Reply::Array(values.collect()))
}

pub(crate) fn mset(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    pairs(args, "mset")?;
    for pair in args[1..].chunks_exact(2) {
        ctx.store(&pair[0], owned(&pair[1]), 0);
    }
    Ok(Reply::Ok)
}

pub(crate) fn msetnx(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    pairs(args, "msetnx")?;
    if args[1..].iter().step_by(2).any(|key| ctx.exists(key)) {
        return Ok(Reply::Int(0));
    }
    for pair in args[1..].chunks_exact(2) {
        ctx.store(&pair[0], owned(&pair[1]), 0);
    }
    Ok(Reply::Int(1))
}

fn pairs(args: &[Bytes], name: &str) -> Result<(), Fault> {
    if args.len().is_multiple_of(2) { Err(Fault::Arity(name.to_owned())) } else { Ok(()) }
}

/// The string to change in place; copied only when somebody still reads the old one.
pub(crate) fn take_text(ctx: &mut Ctx<'_>, key: &[u8]) -> Result<BytesMut, Fault> {
    let Some(text) = ctx.edit::<Bytes>(key)? else { return Ok(BytesMut::new()) };
    let text = std::mem::take(text);
    Ok(text.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..])))
}

/// Puts a changed string back, with the end that it had.
pub(crate) fn put_text(ctx: &mut Ctx<'_>, key: &[u8], text: BytesMut) {
    let expire_ms = ctx.entry(key).map_or(0, |entry| entry.expire_ms);
    ctx.store(key, Value::Text(text.freeze()), expire_ms);
}

pub(crate) fn append(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let length = ctx.read::<Bytes>(&args[1])?.map_or(0, Bytes::len);
    if length + args[2].len() > STRING_BYTES_MAX {
        return Err(Fault::StringSize);
    }
    let mut text = take_text(ctx, &args[1])?;
    text.extend_from_slice(&args[2]);
    let length = text.len();
    put_text(ctx, &args[1], text);
    Ok(Reply::int(length))
}

pub(crate) fn strlen(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::int(ctx.read::<Bytes>(&args[1])?.map_or(0, Bytes::len)))
}

pub(crate) fn getrange(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (start, stop) = (integer(&args[2])?, integer(&args[3])?);
    let Some(text) = ctx.read::<Bytes>(&args[1])? else { return Ok(Reply::Bulk(Bytes::new())) };
    if start < 0 && stop < 0 && start > stop {
        return Ok(Reply::Bulk(Bytes::new()));
    }
    // Unlike in LRANGE, an end before the first byte is the first byte.
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let stop = if stop < 0 { stop.saturating_add(length).max(0) } else { stop };
    Ok(Reply::Bulk(text.slice(super::argument::window(start, stop, text.len()))))
}

pub(crate) fn setrange(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let offset = usize::try_from(integer(&args[2])?).map_err(|_| Fault::text("ERR offset is out of range"))?;
    let length = ctx.read::<Bytes>(&args[1])?.map_or(0, Bytes::len);
    if args[3].is_empty() {
        return Ok(Reply::int(length));
    }
    if offset.saturating_add(args[3].len()) > STRING_BYTES_MAX {
        return Err(Fault::StringSize);
    }
    let mut text = take_text(ctx, &args[1])?;
    if text.len() < offset + args[3].len() {
        text.resize(offset + args[3].len(), 0);
    }
    text[offset..offset + args[3].len()].copy_from_slice(&args[3]);
    let length = text.len();
    put_text(ctx, &args[1], text);
    Ok(Reply::int(length))
}
