//! SCAN and its relatives.
//!
//! The cursor is the number of entries that were not yet visited, plus nothing else: entries are walked from the last
//! to the first. A removal moves the last entry into the gap, an insertion appends; so whatever is there from the
//! first call to the last is told at least once.

use bytes::Bytes;

use super::argument::{following, is};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::{format_f64, integer, parse_u64};
use crate::pattern;
use crate::reply::{Outcome, Reply};
use crate::types::{Hash, Set, SortedSet};

struct Walk {
    cursor: u64,
    count: usize,
    pattern: Option<Bytes>,
    type_name: Option<Bytes>,
}

impl Walk {
    fn parse(cursor: &[u8], options: &[Bytes], typed: bool) -> Result<Self, Fault> {
        let cursor = parse_u64(cursor).ok_or(Fault::Cursor)?;
        let mut walk = Self { cursor, count: 10, pattern: None, type_name: None };
        let mut at = 0;
        while at < options.len() {
            let word = &options[at];
            if is(word, "MATCH") {
                walk.pattern = Some(following(options, &mut at)?.clone());
            } else if is(word, "COUNT") {
                let count = integer(following(options, &mut at)?)?;
                walk.count = usize::try_from(count).ok().filter(|n| *n > 0).ok_or(Fault::Syntax)?;
            } else if typed && is(word, "TYPE") {
                walk.type_name = Some(following(options, &mut at)?.clone());
            } else {
                return Err(Fault::Syntax);
            }
            at += 1;
        }
        Ok(walk)
    }

    /// The indices to visit, and the cursor to answer.
    fn window(&self, length: usize) -> (std::ops::Range<usize>, usize) {
        let unvisited =
            if self.cursor == 0 { length } else { usize::try_from(self.cursor).unwrap_or(length).min(length) };
        let next = unvisited.saturating_sub(self.count);
        (next..unvisited, next)
    }

    fn admits(&self, name: &[u8]) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern::matches(pattern, name))
    }
}

fn answer(cursor: usize, items: Vec<Reply>) -> Outcome {
    Ok(Reply::Array(vec![Reply::text(cursor.to_string()), Reply::Array(items)]))
}

pub(crate) fn scan(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let walk = Walk::parse(&args[1], &args[2..], true)?;
    let (range, next) = walk.window(ctx.db().len());
    let now = ctx.now_ms();
    let found = range.rev().filter_map(|index| ctx.db().at(index)).filter(|(key, entry)| {
        (entry.expire_ms == 0 || entry.expire_ms > now)
            && walk.admits(key)
            && walk.type_name.as_ref().is_none_or(|name| is(name, entry.value.type_name()))
    });
    let keys = found.map(|(key, _)| Reply::Bulk(key.clone())).collect();
    answer(next, keys)
}

pub(crate) fn hscan(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let walk = Walk::parse(&args[2], &args[3..], false)?;
    let Some(hash) = ctx.read::<Hash>(&args[1])? else { return answer(0, Vec::new()) };
    let (range, next) = walk.window(hash.len());
    let found = range.rev().filter_map(|index| hash.at(index)).filter(|(field, _)| walk.admits(field));
    let items = found.flat_map(|(field, value)| [Reply::Bulk(field.clone()), Reply::Bulk(value.clone())]).collect();
    answer(next, items)
}

pub(crate) fn sscan(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let walk = Walk::parse(&args[2], &args[3..], false)?;
    let Some(set) = ctx.read::<Set>(&args[1])? else { return answer(0, Vec::new()) };
    let (range, next) = walk.window(set.len());
    let found = range.rev().filter_map(|index| set.at(index)).filter(|member| walk.admits(member));
    let items = found.map(|member| Reply::Bulk(member.clone())).collect();
    answer(next, items)
}

pub(crate) fn zscan(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let walk = Walk::parse(&args[2], &args[3..], false)?;
    let Some(set) = ctx.read::<SortedSet>(&args[1])? else { return answer(0, Vec::new()) };
    let (range, next) = walk.window(set.len());
    let found = range.rev().filter_map(|index| set.at(index)).filter(|(member, _)| walk.admits(member));
    let items =
        found.flat_map(|(member, score)| [Reply::Bulk(member.clone()), Reply::text(format_f64(score))]).collect();
    answer(next, items)
}
