//! Sorted sets: members and scores.

use bytes::Bytes;

use super::argument::{command, count, is, timeout_seconds};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::{float, format_f64};
use crate::reply::{Outcome, Reply};
use crate::types::SortedSet;

#[derive(Default)]
struct AddOptions {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
    changed: bool,
    increment: bool,
}

pub(crate) fn zadd(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let mut options = AddOptions::default();
    let mut at = 2;
    while let Some(word) = args.get(at) {
        match () {
            () if is(word, "NX") => options.nx = true,
            () if is(word, "XX") => options.xx = true,
            () if is(word, "GT") => options.gt = true,
            () if is(word, "LT") => options.lt = true,
            () if is(word, "CH") => options.changed = true,
            () if is(word, "INCR") => options.increment = true,
            () => break,
        }
        at += 1;
    }
    let pairs = &args[at..];
    if pairs.is_empty() || !pairs.len().is_multiple_of(2) {
        return Err(Fault::Syntax);
    }
    if options.nx && options.xx {
        return Err(Fault::text("ERR XX and NX options at the same time are not compatible"));
    }
    if (options.gt && options.lt) || (options.nx && (options.gt || options.lt)) {
        return Err(Fault::text("ERR GT, LT, and/or NX options at the same time are not compatible"));
    }
    if options.increment && pairs.len() > 2 {
        return Err(Fault::text("ERR INCR option supports a single increment-element pair"));
    }
    add(ctx, &args[1], pairs, &options)
}

fn add(ctx: &mut Ctx<'_>, key: &Bytes, pairs: &[Bytes], options: &AddOptions) -> Outcome {
    // All scores are read before anything is changed.
    let scores = pairs.iter().step_by(2).map(|text| float(text)).collect::<Result<Vec<_>, _>>()?;
    if ctx.read::<SortedSet>(key)?.is_none() && options.xx {
        return Ok(if options.increment { Reply::Null } else { Reply::Int(0) });
    }
    let (mut added, mut updated, mut last) = (0usize, 0usize, None);
    let set = ctx.edit_or_make::<SortedSet>(key)?;
    for (member, score) in pairs.iter().skip(1).step_by(2).zip(scores) {
        let old = set.score(member);
        // Not added to 0 where there was none: that would lose the sign of -0.
        let score = old.filter(|_| options.increment).map_or(score, |old| old + score);
        if score.is_nan() {
            return Err(Fault::text("ERR resulting score is not a number (NaN)"));
        }
        let allowed = match old {
            None => !options.xx,
            Some(old) => !options.nx && (!options.gt || score > old) && (!options.lt || score < old),
        };
        if !allowed {
            continue;
        }
        last = Some(score);
        match old {
            None => added += 1,
            Some(old) if old != score => updated += 1,
            Some(_) => continue,
        }
        set.insert(member, score);
    }
    if added + updated > 0 {
        ctx.changed(key);
    }
    if options.increment {
        if let Some(score) = last {
            ctx.log_instead(vec![command([b"ZADD", key, format_f64(score).as_bytes(), &pairs[1]])]);
        }
        return Ok(last.map_or(Reply::Null, Reply::Double));
    }
    Ok(Reply::int(if options.changed { added + updated } else { added }))
}

pub(crate) fn zincrby(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let options = AddOptions { increment: true, ..AddOptions::default() };
    add(ctx, &args[1], &args[2..4], &options)
}

pub(crate) fn zrem(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let Some(set) = ctx.edit::<SortedSet>(&args[1])? else { return Ok(Reply::Int(0)) };
    let removed = args[2..].iter().filter(|member| set.remove(member)).count();
    if removed > 0 {
        ctx.changed(&args[1]);
    }
    Ok(Reply::int(removed))
}

pub(crate) fn zscore(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let set = ctx.read::<SortedSet>(&args[1])?;
    Ok(set.and_then(|set| set.score(&args[2])).map_or(Reply::Null, Reply::Double))
}

pub(crate) fn zmscore(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let set = ctx.read::<SortedSet>(&args[1])?;
    let score = |member: &Bytes| set.and_then(|set| set.score(member)).map_or(Reply::Null, Reply::Double);
    Ok(Reply::Array(args[2..].iter().map(score).collect()))
}

pub(crate) fn zcard(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::int(ctx.read::<SortedSet>(&args[1])?.map_or(0, SortedSet::len)))
}

pub(crate) fn zrank(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let set = ctx.read::<SortedSet>(&args[1])?;
    Ok(set.and_then(|set| set.rank(&args[2])).map_or(Reply::Null, Reply::int))
}

pub(crate) fn zrevrank(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let set = ctx.read::<SortedSet>(&args[1])?;
    let rank = set.and_then(|set| set.rank(&args[2]).map(|rank| set.len() - 1 - rank));
    Ok(rank.map_or(Reply::Null, Reply::int))
}

pub(crate) fn zpopmin(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    pop(ctx, args, false)
}

pub(crate) fn zpopmax(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    pop(ctx, args, true)
}

fn pop(ctx: &mut Ctx<'_>, args: &[Bytes], highest: bool) -> Outcome {
    if args.len() > 3 {
        return Err(Fault::Syntax);
    }
    let wanted = args.get(2).map(|arg| count(arg)).transpose()?;
    let popped = take(ctx, &args[1], wanted.unwrap_or(1), highest)?;
    // RESP3 pairs member and score, but only where a count was asked for.
    let paired = ctx.session.protocol >= 3 && wanted.is_some();
    Ok(Reply::Array(if paired {
        popped.into_iter().map(|(m, s)| Reply::Array(vec![Reply::Bulk(m), Reply::Double(s)])).collect()
    } else {
        popped.into_iter().flat_map(|(m, s)| [Reply::Bulk(m), Reply::Double(s)]).collect()
    }))
}

fn take(ctx: &mut Ctx<'_>, key: &Bytes, wanted: usize, highest: bool) -> Result<Vec<(Bytes, f64)>, Fault> {
    let Some(set) = ctx.edit::<SortedSet>(key)? else { return Ok(Vec::new()) };
    let pick = |(member, score): (&Bytes, f64)| (member.clone(), score);
    let popped: Vec<_> = if highest {
        set.iter().rev().take(wanted).map(pick).collect()
    } else {
        set.iter().take(wanted).map(pick).collect()
    };
    for (member, _) in &popped {
        set.remove(member);
    }
    if !popped.is_empty() {
        ctx.changed(key);
        let mut log = command([b"ZREM", key]);
        log.extend(popped.iter().map(|(member, _)| member.clone()));
        ctx.log_instead(vec![log]);
    }
    Ok(popped)
}

pub(crate) fn bzpopmin(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    blocking_pop(ctx, args, false)
}

pub(crate) fn bzpopmax(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    blocking_pop(ctx, args, true)
}

fn blocking_pop(ctx: &mut Ctx<'_>, args: &[Bytes], highest: bool) -> Outcome {
    let (keys, timeout) = (&args[1..args.len() - 1], timeout_seconds(&args[args.len() - 1])?);
    for key in keys {
        if let Some((member, score)) = take(ctx, key, 1, highest)?.pop() {
            return Ok(Reply::Array(vec![Reply::Bulk(key.clone()), Reply::Bulk(member), Reply::Double(score)]));
        }
    }
    Ok(ctx.block(keys.iter().cloned(), args.to_vec(), timeout, Reply::NullArray))
}
