//! Keys, whatever they hold.

use bytes::Bytes;
use rand::RngExt as _;

use super::argument::{self, is, subcommand_arity, unknown_subcommand};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::{integer, parse_i64};
use crate::pattern;
use crate::reply::{Outcome, Reply};
use crate::types::Value;

pub(crate) fn del(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::int(args[1..].iter().filter(|key| ctx.delete(key)).count()))
}

pub(crate) fn exists(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::int(args[1..].iter().filter(|key| ctx.exists(key)).count()))
}

pub(crate) fn type_of(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::Status(ctx.entry(&args[1]).map_or("none", |entry| entry.value.type_name())))
}

pub(crate) fn rename(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    move_key(ctx, args, false).map(|_| Reply::Ok)
}

pub(crate) fn renamenx(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    move_key(ctx, args, true).map(Reply::flag)
}

fn move_key(ctx: &mut Ctx<'_>, args: &[Bytes], only_if_absent: bool) -> Result<bool, Fault> {
    let (from, to) = (&args[1], &args[2]);
    if !ctx.exists(from) {
        return Err(Fault::NoSuchKey);
    }
    if from == to {
        return Ok(!only_if_absent);
    }
    if only_if_absent && ctx.exists(to) {
        return Ok(false);
    }
    let Some(entry) = ctx.db_mut().remove(from) else { return Err(Fault::NoSuchKey) };
    let db = ctx.session.db;
    ctx.engine.touch(db, from);
    ctx.store(to, entry.value, entry.expire_ms);
    Ok(true)
}

pub(crate) fn copy(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (mut replace, mut target, mut at) = (false, ctx.session.db, 3);
    while at < args.len() {
        if is(&args[at], "REPLACE") {
            replace = true;
        } else if is(&args[at], "DB") {
            target = database(argument::following(args, &mut at)?)?;
        } else {
            return Err(Fault::Syntax);
        }
        at += 1;
    }
    let source = ctx.session.db;
    if source == target && args[1] == args[2] {
        return Err(Fault::text("ERR source and destination objects are the same"));
    }
    let Some(entry) = ctx.entry(&args[1]).cloned() else { return Ok(Reply::Int(0)) };
    ctx.session.db = target;
    let allowed = replace || !ctx.exists(&args[2]);
    if allowed {
        ctx.store(&args[2], entry.value, entry.expire_ms);
    }
    ctx.session.db = source;
    Ok(Reply::flag(allowed))
}

/// The index of a database.
pub(crate) fn database(arg: &[u8]) -> Result<usize, Fault> {
    let index = integer(arg)?;
    usize::try_from(index)
        .ok()
        .filter(|index| *index < crate::keyspace::DATABASES)
        .ok_or_else(|| Fault::text("ERR DB index is out of range"))
}

pub(crate) fn keys(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let now = ctx.now_ms();
    let live = ctx.db().iter().filter(|(_, entry)| entry.expire_ms == 0 || entry.expire_ms > now);
    Ok(Reply::bulks(
        live.map(|(key, _)| key).filter(|key| pattern::matches(&args[1], key)).cloned().collect::<Vec<_>>(),
    ))
}

pub(crate) fn randomkey(ctx: &mut Ctx<'_>, _: &[Bytes]) -> Outcome {
    while !ctx.db().is_empty() {
        let index = rand::rng().random_range(0..ctx.db().len());
        let key = ctx.db().at(index).map(|(key, _)| key.clone()).unwrap_or_default();
        if ctx.exists(&key) {
            return Ok(Reply::Bulk(key));
        }
    }
    Ok(Reply::Null)
}

pub(crate) fn dbsize(ctx: &mut Ctx<'_>, _: &[Bytes]) -> Outcome {
    Ok(Reply::int(ctx.db().len()))
}

pub(crate) fn flushdb(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    flush_mode(args)?;
    let db = ctx.session.db;
    flush(ctx, db);
    Ok(Reply::Ok)
}

pub(crate) fn flushall(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    flush_mode(args)?;
    for db in 0..crate::keyspace::DATABASES {
        flush(ctx, db);
    }
    Ok(Reply::Ok)
}

fn flush_mode(args: &[Bytes]) -> Result<(), Fault> {
    match args {
        [_] => Ok(()),
        [_, mode] if is(mode, "SYNC") || is(mode, "ASYNC") => Ok(()),
        _ => Err(Fault::Syntax),
    }
}

fn flush(ctx: &mut Ctx<'_>, db: usize) {
    ctx.engine.dirty += 1;
    if !ctx.engine.watched.is_empty() {
        let keys: Vec<Bytes> = ctx.engine.dbs[db].iter().map(|(key, _)| key.clone()).collect();
        for key in keys {
            ctx.engine.watched.touch(db, &key);
        }
    }
    ctx.engine.dbs[db].clear();
    ctx.engine.blocking.touch_all(Some(db));
}

pub(crate) fn object(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let sub = &args[1];
    if is(sub, "ENCODING") {
        return Ok(ctx.entry(&args[2]).map_or(Reply::Null, |entry| Reply::word(encoding(&entry.value))));
    }
    if is(sub, "REFCOUNT") {
        return Ok(ctx.entry(&args[2]).map_or(Reply::Null, |_| Reply::Int(1)));
    }
    if is(sub, "IDLETIME") {
        return Ok(ctx.entry(&args[2]).map_or(Reply::Null, |_| Reply::Int(0)));
    }
    Err(unknown_subcommand("OBJECT", sub))
}

/// The name that Redis would give to a value of this size with its default thresholds.
fn encoding(value: &Value) -> &'static str {
    const LISTPACK_ENTRIES: usize = 128;
    const INTSET_ENTRIES: usize = 512;
    const SHORT_BYTES: usize = 64;
    match value {
        Value::Text(text) if parse_i64(text).is_some() => "int",
        Value::Text(text) if text.len() <= 44 => "embstr",
        Value::Text(_) => "raw",
        Value::List(_) => "quicklist",
        Value::Hash(hash)
            if hash.len() <= 512 && hash.iter().all(|(f, v)| f.len() <= SHORT_BYTES && v.len() <= SHORT_BYTES) =>
        {
            "listpack"
        }
        Value::Set(set) if set.len() <= INTSET_ENTRIES && set.iter().all(|m| parse_i64(m).is_some()) => "intset",
        Value::Hash(_) | Value::Set(_) => "hashtable",
        Value::SortedSet(set) if set.len() <= LISTPACK_ENTRIES && set.iter().all(|(m, _)| m.len() <= SHORT_BYTES) => {
            "listpack"
        }
        Value::SortedSet(_) => "skiplist",
        Value::Stream(_) => "stream",
    }
}

pub(crate) fn memory(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    if is(&args[1], "USAGE") {
        subcommand_arity(args, 3, 5, "memory|usage")?;
        if let Some(samples) = args.get(4) {
            integer(samples)?;
        }
        return Ok(ctx.entry(&args[2]).map_or(Reply::Null, |entry| Reply::int(entry.value.bytes() + args[2].len())));
    }
    Err(unknown_subcommand("MEMORY", &args[1]))
}
