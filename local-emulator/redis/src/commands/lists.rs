//! Lists.

use bytes::Bytes;

use super::argument::{count, is, window};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::integer;
use crate::reply::{Outcome, Reply};
use crate::types::{End, List};

pub(crate) fn lpush(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    push(ctx, args, End::Left, true)
}

pub(crate) fn rpush(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    push(ctx, args, End::Right, true)
}

pub(crate) fn lpushx(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    push(ctx, args, End::Left, false)
}

pub(crate) fn rpushx(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    push(ctx, args, End::Right, false)
}

fn push(ctx: &mut Ctx<'_>, args: &[Bytes], end: End, make: bool) -> Outcome {
    if !make && ctx.read::<List>(&args[1])?.is_none() {
        return Ok(Reply::Int(0));
    }
    let list = ctx.edit_or_make::<List>(&args[1])?;
    for item in &args[2..] {
        list.push(end, Bytes::copy_from_slice(item));
    }
    let length = list.len();
    ctx.changed(&args[1]);
    Ok(Reply::int(length))
}

pub(crate) fn lpop(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    pop(ctx, args, End::Left, "lpop")
}

pub(crate) fn rpop(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    pop(ctx, args, End::Right, "rpop")
}

fn pop(ctx: &mut Ctx<'_>, args: &[Bytes], end: End, name: &str) -> Outcome {
    if args.len() > 3 {
        return Err(Fault::Arity(name.to_owned()));
    }
    let wanted = args.get(2).map(|arg| count(arg)).transpose()?;
    let Some(list) = ctx.edit::<List>(&args[1])? else {
        return Ok(if wanted.is_some() { Reply::NullArray } else { Reply::Null });
    };
    if wanted == Some(0) {
        return Ok(Reply::Array(Vec::new()));
    }
    let items: Vec<Bytes> = std::iter::from_fn(|| list.pop(end)).take(wanted.unwrap_or(1)).collect();
    ctx.changed(&args[1]);
    Ok(match wanted {
        Some(_) => Reply::bulks(items),
        None => Reply::bulk_or_null(items.into_iter().next()),
    })
}

pub(crate) fn llen(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::int(ctx.read::<List>(&args[1])?.map_or(0, List::len)))
}

pub(crate) fn lrange(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (start, stop) = (integer(&args[2])?, integer(&args[3])?);
    let Some(list) = ctx.read::<List>(&args[1])? else { return Ok(Reply::Array(Vec::new())) };
    Ok(Reply::bulks(list.range(window(start, stop, list.len())).cloned()))
}

fn position(index: i64, length: usize) -> Option<usize> {
    let length_signed = i64::try_from(length).unwrap_or(i64::MAX);
    let index = if index < 0 { index + length_signed } else { index };
    usize::try_from(index).ok().filter(|index| *index < length)
}

pub(crate) fn lindex(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let list = ctx.read::<List>(&args[1])?;
    if list.is_none() {
        return Ok(Reply::Null);
    }
    let index = integer(&args[2])?;
    Ok(Reply::bulk_or_null(list.and_then(|list| list.get(position(index, list.len())?)).cloned()))
}

pub(crate) fn lset(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let list = ctx.edit::<List>(&args[1])?.ok_or(Fault::NoSuchKey)?;
    let index = position(integer(&args[2])?, list.len()).ok_or(Fault::IndexRange)?;
    list.set(index, Bytes::copy_from_slice(&args[3]));
    ctx.changed(&args[1]);
    Ok(Reply::Ok)
}

pub(crate) fn linsert(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let after = match &args[2] {
        word if is(word, "BEFORE") => 0,
        word if is(word, "AFTER") => 1,
        _ => return Err(Fault::Syntax),
    };
    let Some(list) = ctx.edit::<List>(&args[1])? else { return Ok(Reply::Int(0)) };
    let Some(pivot) = list.iter().position(|item| item == &args[3]) else { return Ok(Reply::Int(-1)) };
    list.insert(pivot + after, Bytes::copy_from_slice(&args[4]));
    let length = list.len();
    ctx.changed(&args[1]);
    Ok(Reply::int(length))
}

pub(crate) fn lrem(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let wanted = integer(&args[2])?;
    let Some(list) = ctx.edit::<List>(&args[1])? else { return Ok(Reply::Int(0)) };
    let end = if wanted < 0 { End::Right } else { End::Left };
    let limit = if wanted == 0 { usize::MAX } else { usize::try_from(wanted.unsigned_abs()).unwrap_or(usize::MAX) };
    let removed = list.remove(&args[3], end, limit);
    if removed > 0 {
        ctx.changed(&args[1]);
    }
    Ok(Reply::int(removed))
}

pub(crate) fn ltrim(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (start, stop) = (integer(&args[2])?, integer(&args[3])?);
    let Some(list) = ctx.edit::<List>(&args[1])? else { return Ok(Reply::Ok) };
    let range = window(start, stop, list.len());
    list.trim(range);
    ctx.changed(&args[1]);
    Ok(Reply::Ok)
}

pub(crate) fn lpos(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (mut rank, mut wanted, mut compared, mut at) = (1i64, None, usize::MAX, 3);
    while at < args.len() {
        if is(&args[at], "RANK") {
            rank = integer(super::argument::following(args, &mut at)?)?;
            if rank == 0 {
                return Err(Fault::text(
                    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
                ));
            }
        } else if is(&args[at], "COUNT") {
            wanted = Some(
                count(super::argument::following(args, &mut at)?)
                    .map_err(|_| Fault::text("ERR COUNT can't be negative"))?,
            );
        } else if is(&args[at], "MAXLEN") {
            let most = count(super::argument::following(args, &mut at)?)
                .map_err(|_| Fault::text("ERR MAXLEN can't be negative"))?;
            compared = if most == 0 { usize::MAX } else { most };
        } else {
            return Err(Fault::Syntax);
        }
        at += 1;
    }
    let list = ctx.read::<List>(&args[1])?;
    let length = list.map_or(0, List::len);
    let item = &args[2];
    let hit = |index: &usize| list.and_then(|list| list.get(*index)) == Some(item);
    let skip = usize::try_from(rank.unsigned_abs() - 1).unwrap_or(usize::MAX);
    let limit = wanted.map_or(1, |n| if n == 0 { usize::MAX } else { n });
    let hits: Vec<Reply> = if rank > 0 {
        (0..length).take(compared).filter(hit).skip(skip).take(limit).map(Reply::int).collect()
    } else {
        (0..length).rev().take(compared).filter(hit).skip(skip).take(limit).map(Reply::int).collect()
    };
    Ok(match wanted {
        Some(_) => Reply::Array(hits),
        None => hits.into_iter().next().unwrap_or(Reply::Null),
    })
}
