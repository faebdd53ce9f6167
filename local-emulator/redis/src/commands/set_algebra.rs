//! Intersection, union and difference of sets.

use bytes::Bytes;

use super::argument::{count, is};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::integer;
use crate::reply::{Outcome, Reply};
use crate::types::{Set, UniqueSet, Value};

#[derive(Clone, Copy)]
enum Operation {
    Intersection,
    Union,
    Difference,
}

fn combine(ctx: &mut Ctx<'_>, keys: &[Bytes], operation: Operation) -> Result<UniqueSet<Bytes>, Fault> {
    // Every key's type is looked at, also behind an empty set.
    let mut sets: Vec<UniqueSet<Bytes>> = Vec::with_capacity(keys.len());
    for key in keys {
        sets.push(ctx.read::<Set>(key)?.map(|set| set.iter().cloned().collect()).unwrap_or_default());
    }
    let mut sets = sets.into_iter();
    let mut result = sets.next().unwrap_or_default();
    for set in sets {
        match operation {
            Operation::Intersection => result.retain(|member| set.contains(member)),
            Operation::Difference => result.retain(|member| !set.contains(member)),
            Operation::Union => result.extend(set),
        }
    }
    Ok(result)
}

fn tell(ctx: &mut Ctx<'_>, args: &[Bytes], operation: Operation) -> Outcome {
    Ok(Reply::Set(combine(ctx, &args[1..], operation)?.into_iter().map(Reply::Bulk).collect()))
}

fn store(ctx: &mut Ctx<'_>, args: &[Bytes], operation: Operation) -> Outcome {
    let members = combine(ctx, &args[2..], operation)?;
    let mut set = Set::default();
    members.iter().for_each(|member| {
        set.insert(member);
    });
    let length = set.len();
    if length > 0 {
        ctx.store(&args[1], Value::Set(set), 0);
    } else {
        ctx.delete(&args[1]);
    }
    Ok(Reply::int(length))
}

pub(crate) fn sinter(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    tell(ctx, args, Operation::Intersection)
}

pub(crate) fn sunion(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    tell(ctx, args, Operation::Union)
}

pub(crate) fn sdiff(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    tell(ctx, args, Operation::Difference)
}

pub(crate) fn sinterstore(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    store(ctx, args, Operation::Intersection)
}

pub(crate) fn sunionstore(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    store(ctx, args, Operation::Union)
}

pub(crate) fn sdiffstore(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    store(ctx, args, Operation::Difference)
}

pub(crate) fn sintercard(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let number = integer(&args[1]).ok().and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
    let number = number.ok_or_else(|| Fault::text("ERR numkeys should be greater than 0"))?;
    let keys = args
        .get(2..2 + number)
        .ok_or_else(|| Fault::text("ERR Number of keys can't be greater than number of args"))?;
    let limit = match &args[2 + number..] {
        [] => 0,
        [word, limit] if is(word, "LIMIT") => count(limit).map_err(|_| Fault::text("ERR LIMIT can't be negative"))?,
        _ => return Err(Fault::Syntax),
    };
    let found = combine(ctx, keys, Operation::Intersection)?.len();
    Ok(Reply::int(if limit > 0 { found.min(limit) } else { found }))
}
