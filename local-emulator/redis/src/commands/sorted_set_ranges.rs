//! Ranges of sorted sets: by rank, by score, by bytes.

use bytes::Bytes;

use super::argument::{following, is, window};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::integer;
use crate::reply::{Outcome, Reply};
use crate::types::{LexBound, ScoreBound, SortedSet};

/// Which members are meant.
enum By {
    Rank(i64, i64),
    Score(ScoreBound, ScoreBound),
    Lex(LexBound, LexBound),
}

struct Query {
    by: By,
    reverse: bool,
    /// Offset and count; a negative count means all.
    limit: Option<(i64, i64)>,
    with_scores: bool,
}

impl By {
    fn scores(min: &[u8], max: &[u8]) -> Result<Self, Fault> {
        Ok(Self::Score(ScoreBound::parse(min)?, ScoreBound::parse(max)?))
    }

    fn lex(min: &Bytes, max: &Bytes) -> Result<Self, Fault> {
        Ok(Self::Lex(LexBound::parse(min)?, LexBound::parse(max)?))
    }

    fn ranks(start: &[u8], stop: &[u8]) -> Result<Self, Fault> {
        Ok(Self::Rank(integer(start)?, integer(stop)?))
    }
}

/// The members that a query means, in its order.
fn select(set: &SortedSet, query: &Query) -> Vec<(Bytes, f64)> {
    let own = |(member, score): (&Bytes, f64)| (member.clone(), score);
    let (skip, take) = match query.limit {
        None => (0, usize::MAX),
        Some((offset, _)) if offset < 0 => return Vec::new(),
        Some((offset, count)) => {
            (usize::try_from(offset).unwrap_or(usize::MAX), usize::try_from(count).unwrap_or(usize::MAX))
        }
    };
    match &query.by {
        By::Rank(start, stop) => {
            let range = window(*start, *stop, set.len());
            let (skip, take) = (range.start, range.len());
            if query.reverse {
                set.iter().rev().skip(skip).take(take).map(own).collect()
            } else {
                set.iter().skip(skip).take(take).map(own).collect()
            }
        }
        By::Score(min, max) => {
            let found = set.by_score(*min, *max);
            if query.reverse {
                found.rev().skip(skip).take(take).map(own).collect()
            } else {
                found.skip(skip).take(take).map(own).collect()
            }
        }
        By::Lex(min, max) => {
            let found = set.by_lex(min, max);
            if query.reverse {
                found.rev().skip(skip).take(take).map(own).collect()
            } else {
                found.skip(skip).take(take).map(own).collect()
            }
        }
    }
}

fn answer(ctx: &mut Ctx<'_>, key: &Bytes, query: &Query) -> Outcome {
    let protocol = ctx.session.protocol;
    let found = ctx.read::<SortedSet>(key)?.map(|set| select(set, query)).unwrap_or_default();
    Ok(Reply::Array(match (query.with_scores, protocol) {
        (false, _) => found.into_iter().map(|(member, _)| Reply::Bulk(member)).collect(),
        (true, 3) => {
            found.into_iter().map(|(m, score)| Reply::Array(vec![Reply::Bulk(m), Reply::Double(score)])).collect()
        }
        (true, _) => found.into_iter().flat_map(|(m, score)| [Reply::Bulk(m), Reply::Double(score)]).collect(),
    }))
}

pub(crate) fn zrange(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (mut by_score, mut by_lex, mut reverse, mut with_scores, mut limit) = (false, false, false, false, None);
    let mut at = 4;
    while at < args.len() {
        let word = &args[at];
        match () {
            () if is(word, "BYSCORE") => by_score = true,
            () if is(word, "BYLEX") => by_lex = true,
            () if is(word, "REV") => reverse = true,
            () if is(word, "WITHSCORES") => with_scores = true,
            () if is(word, "LIMIT") => {
                limit = Some((integer(following(args, &mut at)?)?, integer(following(args, &mut at)?)?));
            }
            () => return Err(Fault::Syntax),
        }
        at += 1;
    }
    if limit.is_some() && !by_score && !by_lex {
        return Err(Fault::text(
            "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
        ));
    }
    if with_scores && by_lex {
        return Err(Fault::text("ERR syntax error, WITHSCORES not supported in combination with BYLEX"));
    }
    if by_score && by_lex {
        return Err(Fault::Syntax);
    }
    let (first, second) = if reverse && (by_score || by_lex) { (&args[3], &args[2]) } else { (&args[2], &args[3]) };
    let by = match (by_score, by_lex) {
        (true, _) => By::scores(first, second)?,
        (_, true) => By::lex(first, second)?,
        _ => By::ranks(first, second)?,
    };
    answer(ctx, &args[1], &Query { by, reverse, limit, with_scores })
}

/// WITHSCORES and LIMIT of the older commands.
fn old_options(args: &[Bytes]) -> Result<(bool, Option<(i64, i64)>), Fault> {
    let (mut with_scores, mut limit, mut at) = (false, None, 4);
    while at < args.len() {
        if is(&args[at], "WITHSCORES") {
            with_scores = true;
        } else if is(&args[at], "LIMIT") {
            limit = Some((integer(following(args, &mut at)?)?, integer(following(args, &mut at)?)?));
        } else {
            return Err(Fault::Syntax);
        }
        at += 1;
    }
    Ok((with_scores, limit))
}

pub(crate) fn zrevrange(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let with_scores = match &args[4..] {
        [] => false,
        [word] if is(word, "WITHSCORES") => true,
        _ => return Err(Fault::Syntax),
    };
    let by = By::ranks(&args[2], &args[3])?;
    answer(ctx, &args[1], &Query { by, reverse: true, limit: None, with_scores })
}

pub(crate) fn zrangebyscore(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let by = By::scores(&args[2], &args[3])?;
    let (with_scores, limit) = old_options(args)?;
    answer(ctx, &args[1], &Query { by, reverse: false, limit, with_scores })
}

pub(crate) fn zrevrangebyscore(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let by = By::scores(&args[3], &args[2])?;
    let (with_scores, limit) = old_options(args)?;
    answer(ctx, &args[1], &Query { by, reverse: true, limit, with_scores })
}

pub(crate) fn zrangebylex(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let by = By::lex(&args[2], &args[3])?;
    let (with_scores, limit) = old_options(args)?;
    if with_scores {
        return Err(Fault::Syntax);
    }
    answer(ctx, &args[1], &Query { by, reverse: false, limit, with_scores })
}

pub(crate) fn zcount(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (min, max) = (ScoreBound::parse(&args[2])?, ScoreBound::parse(&args[3])?);
    Ok(Reply::int(ctx.read::<SortedSet>(&args[1])?.map_or(0, |set| set.by_score(min, max).count())))
}

pub(crate) fn zlexcount(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (min, max) = (LexBound::parse(&args[2])?, LexBound::parse(&args[3])?);
    Ok(Reply::int(ctx.read::<SortedSet>(&args[1])?.map_or(0, |set| set.by_lex(&min, &max).count())))
}

pub(crate) fn zremrangebyscore(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    remove(ctx, args, By::scores(&args[2], &args[3])?)
}

pub(crate) fn zremrangebyrank(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    remove(ctx, args, By::ranks(&args[2], &args[3])?)
}

pub(crate) fn zremrangebylex(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    remove(ctx, args, By::lex(&args[2], &args[3])?)
}

fn remove(ctx: &mut Ctx<'_>, args: &[Bytes], by: By) -> Outcome {
    let Some(set) = ctx.edit::<SortedSet>(&args[1])? else { return Ok(Reply::Int(0)) };
    let found = select(set, &Query { by, reverse: false, limit: None, with_scores: false });
    for (member, _) in &found {
        set.remove(member);
    }
    if !found.is_empty() {
        ctx.changed(&args[1]);
    }
    Ok(Reply::int(found.len()))
}
