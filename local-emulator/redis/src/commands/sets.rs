//! Sets.

use bytes::Bytes;
use rand::RngExt as _;

use super::argument::{command, count};
use super::hashes::pick;
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::integer;
use crate::reply::{Outcome, Reply};
use crate::types::Set;

pub(crate) fn sadd(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let set = ctx.edit_or_make::<Set>(&args[1])?;
    let added = args[2..].iter().filter(|member| set.insert(member)).count();
    if added > 0 {
        ctx.changed(&args[1]);
    }
    Ok(Reply::int(added))
}

pub(crate) fn srem(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let Some(set) = ctx.edit::<Set>(&args[1])? else { return Ok(Reply::Int(0)) };
    let removed = args[2..].iter().filter(|member| set.remove(member)).count();
    if removed > 0 {
        ctx.changed(&args[1]);
    }
    Ok(Reply::int(removed))
}

pub(crate) fn smove(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (from, to, member) = (&args[1], &args[2], &args[3]);
    let Some(held) = ctx.read::<Set>(from)?.map(|set| set.contains(member)) else { return Ok(Reply::Int(0)) };
    ctx.read::<Set>(to)?;
    if !held || from == to {
        return Ok(Reply::flag(held));
    }
    if let Some(set) = ctx.edit::<Set>(from)? {
        set.remove(member);
    }
    ctx.changed(from);
    ctx.edit_or_make::<Set>(to)?.insert(member);
    ctx.changed(to);
    Ok(Reply::Int(1))
}

pub(crate) fn smembers(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let set = ctx.read::<Set>(&args[1])?;
    Ok(Reply::Set(set.into_iter().flat_map(Set::iter).map(|member| Reply::Bulk(member.clone())).collect()))
}

pub(crate) fn sismember(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::flag(ctx.read::<Set>(&args[1])?.is_some_and(|set| set.contains(&args[2]))))
}

pub(crate) fn smismember(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let set = ctx.read::<Set>(&args[1])?;
    Ok(Reply::Array(args[2..].iter().map(|m| Reply::flag(set.is_some_and(|set| set.contains(m)))).collect()))
}

pub(crate) fn scard(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::int(ctx.read::<Set>(&args[1])?.map_or(0, Set::len)))
}

pub(crate) fn spop(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    if args.len() > 3 {
        return Err(Fault::Syntax);
    }
    let wanted = args.get(2).map(|arg| count(arg)).transpose()?;
    let key = &args[1];
    let Some(set) = ctx.edit::<Set>(key)? else {
        return Ok(if wanted.is_some() { Reply::Set(Vec::new()) } else { Reply::Null });
    };
    let picked = pick(set.len(), i64::try_from(wanted.unwrap_or(1)).unwrap_or(i64::MAX))?;
    let members: Vec<Bytes> = picked.into_iter().filter_map(|index| set.at(index).cloned()).collect();
    for member in &members {
        set.remove(member);
    }
    if !members.is_empty() {
        ctx.changed(key);
        let mut log = command([b"SREM", key]);
        log.extend(members.iter().cloned());
        ctx.log_instead(vec![log]);
    }
    Ok(match wanted {
        Some(_) => Reply::Set(members.into_iter().map(Reply::Bulk).collect()),
        None => Reply::bulk_or_null(members.into_iter().next()),
    })
}

pub(crate) fn srandmember(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    if args.len() > 3 {
        return Err(Fault::Syntax);
    }
    let wanted = args.get(2).map(|arg| integer(arg)).transpose()?;
    let Some(set) = ctx.read::<Set>(&args[1])? else {
        return Ok(if wanted.is_some() { Reply::Array(Vec::new()) } else { Reply::Null });
    };
    let Some(wanted) = wanted else {
        return Ok(Reply::bulk_or_null(set.at(rand::rng().random_range(0..set.len())).cloned()));
    };
    Ok(Reply::bulks(pick(set.len(), wanted)?.into_iter().filter_map(|index| set.at(index).cloned())))
}
