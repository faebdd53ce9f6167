//! Hashes.

use bytes::Bytes;
use rand::RngExt as _;

use super::argument::{command, is};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::{add_decimal, i64_bytes, integer, parse_f64, parse_i64};
use crate::reply::{Outcome, Reply};
use crate::types::Hash;

pub(crate) fn hset(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    put(ctx, args, "hset").map(Reply::int)
}

pub(crate) fn hmset(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    put(ctx, args, "hmset").map(|_| Reply::Ok)
}

fn put(ctx: &mut Ctx<'_>, args: &[Bytes], name: &str) -> Result<usize, Fault> {
    if !args.len().is_multiple_of(2) {
        return Err(Fault::Arity(name.to_owned()));
    }
    let hash = ctx.edit_or_make::<Hash>(&args[1])?;
    let mut added = 0;
    for pair in args[2..].chunks_exact(2) {
        added += usize::from(hash.insert(&pair[0], Bytes::copy_from_slice(&pair[1])));
    }
    ctx.changed(&args[1]);
    Ok(added)
}

pub(crate) fn hsetnx(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    if ctx.read::<Hash>(&args[1])?.is_some_and(|hash| hash.get(&args[2]).is_some()) {
        return Ok(Reply::Int(0));
    }
    ctx.edit_or_make::<Hash>(&args[1])?.insert(&args[2], Bytes::copy_from_slice(&args[3]));
    ctx.changed(&args[1]);
    Ok(Reply::Int(1))
}

pub(crate) fn hget(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::bulk_or_null(ctx.read::<Hash>(&args[1])?.and_then(|hash| hash.get(&args[2])).cloned()))
}

pub(crate) fn hmget(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let hash = ctx.read::<Hash>(&args[1])?;
    let value = |field: &Bytes| Reply::bulk_or_null(hash.and_then(|hash| hash.get(field)).cloned());
    Ok(Reply::Array(args[2..].iter().map(value).collect()))
}

pub(crate) fn hgetall(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let hash = ctx.read::<Hash>(&args[1])?;
    let pairs = hash.into_iter().flat_map(Hash::iter);
    Ok(Reply::Map(pairs.map(|(field, value)| (Reply::Bulk(field.clone()), Reply::Bulk(value.clone()))).collect()))
}

pub(crate) fn hkeys(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let hash = ctx.read::<Hash>(&args[1])?;
    Ok(Reply::bulks(hash.into_iter().flat_map(Hash::iter).map(|(field, _)| field.clone())))
}

pub(crate) fn hvals(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let hash = ctx.read::<Hash>(&args[1])?;
    Ok(Reply::bulks(hash.into_iter().flat_map(Hash::iter).map(|(_, value)| value.clone())))
}

pub(crate) fn hlen(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::int(ctx.read::<Hash>(&args[1])?.map_or(0, Hash::len)))
}

pub(crate) fn hstrlen(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let hash = ctx.read::<Hash>(&args[1])?;
    Ok(Reply::int(hash.and_then(|hash| hash.get(&args[2])).map_or(0, Bytes::len)))
}

pub(crate) fn hexists(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::flag(ctx.read::<Hash>(&args[1])?.is_some_and(|hash| hash.get(&args[2]).is_some())))
}

pub(crate) fn hdel(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let Some(hash) = ctx.edit::<Hash>(&args[1])? else { return Ok(Reply::Int(0)) };
    let removed = args[2..].iter().filter(|field| hash.remove(field)).count();
    if removed > 0 {
        ctx.changed(&args[1]);
    }
    Ok(Reply::int(removed))
}

pub(crate) fn hincrby(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let by = integer(&args[3])?;
    let old = match ctx.read::<Hash>(&args[1])?.and_then(|hash| hash.get(&args[2])) {
        None => 0,
        Some(text) => parse_i64(text).ok_or_else(|| Fault::text("ERR hash value is not an integer"))?,
    };
    let new = old.checked_add(by).ok_or_else(|| Fault::text("ERR increment or decrement would overflow"))?;
    ctx.edit_or_make::<Hash>(&args[1])?.insert(&args[2], Bytes::from(i64_bytes(new)));
    ctx.changed(&args[1]);
    Ok(Reply::Int(new))
}

pub(crate) fn hincrbyfloat(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    if !crate::number::float(&args[3])?.is_finite() {
        return Err(Fault::text("ERR value is NaN or Infinity"));
    }
    let old = ctx.read::<Hash>(&args[1])?.and_then(|hash| hash.get(&args[2]).cloned());
    let old = old.unwrap_or_else(|| Bytes::from_static(b"0"));
    parse_f64(&old).ok_or_else(|| Fault::text("ERR hash value is not a float"))?;
    let new = add_decimal(&old, &args[3])
        .map(Bytes::from)
        .ok_or_else(|| Fault::text("ERR increment would produce NaN or Infinity"))?;
    ctx.edit_or_make::<Hash>(&args[1])?.insert(&args[2], new.clone());
    ctx.changed(&args[1]);
    ctx.log_instead(vec![command([b"HSET", &args[1], &args[2], &new])]);
    Ok(Reply::Bulk(new))
}

pub(crate) fn hrandfield(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let with_values = match args.get(3) {
        Some(word) if args.len() == 4 && is(word, "WITHVALUES") => true,
        None => false,
        Some(_) => return Err(Fault::Syntax),
    };
    let count = args.get(2).map(|arg| integer(arg)).transpose()?;
    let protocol = ctx.session.protocol;
    let Some(hash) = ctx.read::<Hash>(&args[1])? else {
        return Ok(if count.is_some() { Reply::Array(Vec::new()) } else { Reply::Null });
    };
    let Some(count) = count else {
        let index = rand::rng().random_range(0..hash.len());
        return Ok(Reply::bulk_or_null(hash.at(index).map(|(field, _)| field.clone())));
    };
    let picked = pick(hash.len(), count)?;
    let pairs = picked.into_iter().filter_map(|index| hash.at(index));
    Ok(Reply::Array(match (with_values, protocol) {
        (false, _) => pairs.map(|(field, _)| Reply::Bulk(field.clone())).collect(),
        (true, 3) => pairs.map(|(f, v)| Reply::Array(vec![Reply::Bulk(f.clone()), Reply::Bulk(v.clone())])).collect(),
        (true, _) => pairs.flat_map(|(f, v)| [Reply::Bulk(f.clone()), Reply::Bulk(v.clone())]).collect(),
    }))
}

/// Random indices: up to `count` different ones, or exactly `-count` with repetition.
pub(crate) fn pick(length: usize, count: i64) -> Result<Vec<usize>, Fault> {
    /// One reply holds at most this many random elements.
    const PICKS_MAX: usize = 1024 * 1024;
    let mut random = rand::rng();
    if count >= 0 {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(length);
        return Ok(rand::seq::index::sample(&mut random, length, count).into_vec());
    }
    let count = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count > PICKS_MAX {
        return Err(Fault::text("ERR value is out of range"));
    }
    Ok(std::iter::repeat_with(|| random.random_range(0..length)).take(count).collect())
}
