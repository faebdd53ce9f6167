//! The server itself: INFO, CONFIG, COMMAND, TIME.

use std::fmt::Write as _;

use bytes::Bytes;

use super::argument::{is, subcommand_arity, unknown_subcommand};
use super::client::VERSION;
use crate::context::Ctx;
use crate::fault::Fault;
use crate::keyspace::DATABASES;
use crate::number::{integer, parse_u64};
use crate::pattern;
use crate::reply::{Outcome, Reply};
use crate::table::{COMMANDS, Command, lookup};

pub(crate) fn time(ctx: &mut Ctx<'_>, _: &[Bytes]) -> Outcome {
    let now = ctx.now_ms();
    Ok(Reply::Array(vec![Reply::text((now / 1000).to_string()), Reply::text((now % 1000 * 1000).to_string())]))
}

/// There are no replicas: nobody else has acknowledged anything.
pub(crate) fn wait(_: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    integer(&args[1])?;
    let timeout = integer(&args[2]).map_err(|_| Fault::text("ERR timeout is not an integer or out of range"))?;
    if timeout < 0 {
        return Err(Fault::text("ERR timeout is negative"));
    }
    Ok(Reply::Int(0))
}

pub(crate) fn lastsave(ctx: &mut Ctx<'_>, _: &[Bytes]) -> Outcome {
    Ok(Reply::Int(i64::try_from(ctx.engine.started_ms / 1000).unwrap_or(0)))
}

pub(crate) fn role(_: &mut Ctx<'_>, _: &[Bytes]) -> Outcome {
    Ok(Reply::Array(vec![Reply::word("master"), Reply::Int(0), Reply::Array(Vec::new())]))
}

pub(crate) fn info(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let wanted = |section: &str| {
        args.len() == 1
            || args[1..]
                .iter()
                .any(|arg| is(arg, section) || is(arg, "all") || is(arg, "default") || is(arg, "everything"))
    };
    let engine = &*ctx.engine;
    let mut out = String::new();
    let mut section = |name: &str, lines: &[(&str, String)]| {
        if !wanted(name) {
            return;
        }
        if !out.is_empty() {
            out.push_str("\r\n");
        }
        let _ = write!(out, "# {name}\r\n");
        for (key, value) in lines {
            let _ = write!(out, "{key}:{value}\r\n");
        }
    };
    section(
        "Server",
        &[
            ("redis_version", VERSION.to_owned()),
            ("redis_mode", "standalone".to_owned()),
            ("process_id", std::process::id().to_string()),
            ("uptime_in_seconds", (engine.now_ms.saturating_sub(engine.started_ms) / 1000).to_string()),
        ],
    );
    section(
        "Clients",
        &[
            ("connected_clients", engine.clients.len().to_string()),
            ("maxclients", engine.options.clients_max.to_string()),
            ("blocked_clients", engine.blocking.len().to_string()),
        ],
    );
    section(
        "Memory",
        &[
            ("used_memory", engine.used_bytes().to_string()),
            ("maxmemory", engine.maxmemory_bytes.to_string()),
            ("maxmemory_policy", "noeviction".to_owned()),
        ],
    );
    section(
        "Persistence",
        &[
            ("loading", "0".to_owned()),
            ("aof_enabled", u8::from(engine.journal.is_some()).to_string()),
            ("aof_last_write_status", if engine.journal_failed { "err" } else { "ok" }.to_owned()),
        ],
    );
    section(
        "Stats",
        &[
            ("total_connections_received", engine.counters.connections.to_string()),
            ("total_commands_processed", engine.counters.commands.to_string()),
            ("expired_keys", engine.counters.expired.to_string()),
            ("evicted_keys", "0".to_owned()),
            ("keyspace_hits", engine.counters.hits.to_string()),
            ("keyspace_misses", engine.counters.misses.to_string()),
            ("pubsub_patterns", engine.pubsub.pattern_count().to_string()),
        ],
    );
    section("Replication", &[("role", "master".to_owned()), ("connected_slaves", "0".to_owned())]);
    section("Cluster", &[("cluster_enabled", "0".to_owned())]);
    let names: Vec<String> = (0..DATABASES).map(|db| format!("db{db}")).collect();
    let spaces: Vec<(&str, String)> = names
        .iter()
        .zip(&engine.dbs)
        .filter(|(_, db)| !db.is_empty())
        .map(|(name, db)| (name.as_str(), format!("keys={},expires={},avg_ttl=0", db.len(), db.volatile())))
        .collect();
    section("Keyspace", &spaces);
    Ok(Reply::Verbatim(out))
}

pub(crate) fn config(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let sub = &args[1];
    if is(sub, "GET") {
        let engine = &*ctx.engine;
        let settings = [
            ("maxmemory", engine.maxmemory_bytes.to_string()),
            ("maxmemory-policy", "noeviction".to_owned()),
            ("maxclients", engine.options.clients_max.to_string()),
            ("databases", DATABASES.to_string()),
            ("appendonly", if engine.journal.is_some() { "yes" } else { "no" }.to_owned()),
            ("appendfsync", "everysec".to_owned()),
            ("save", String::new()),
            ("timeout", "0".to_owned()),
            ("proto-max-bulk-len", engine.options.bulk_bytes_max.to_string()),
            ("notify-keyspace-events", String::new()),
        ];
        let asked =
            |name: &str| args[2..].iter().any(|arg| pattern::matches(&arg.to_ascii_lowercase(), name.as_bytes()));
        let pairs = settings.into_iter().filter(|(name, _)| asked(name));
        return Ok(Reply::Map(pairs.map(|(name, value)| (Reply::word(name), Reply::text(value))).collect()));
    }
    if is(sub, "SET") {
        subcommand_arity(args, 4, usize::MAX, "config|set")?;
        if !args.len().is_multiple_of(2) {
            return Err(Fault::Arity("config|set".to_owned()));
        }
        return config_set(ctx, &args[2..]);
    }
    if is(sub, "RESETSTAT") {
        ctx.engine.counters = crate::engine::Counters::default();
        return Ok(Reply::Ok);
    }
    Err(unknown_subcommand("CONFIG", sub))
}

fn config_set(ctx: &mut Ctx<'_>, pairs: &[Bytes]) -> Outcome {
    let mut maxmemory = None;
    for pair in pairs.chunks_exact(2) {
        let (name, value) = (&pair[0], &pair[1]);
        let shown = String::from_utf8_lossy(name).into_owned();
        let refused = |reason: &str| {
            Fault::text(format!("ERR CONFIG SET failed (possibly related to argument '{shown}') - {reason}"))
        };
        if is(name, "maxmemory") {
            let bytes = memory_size(value).ok_or_else(|| refused("argument must be a memory value"))?;
            maxmemory = Some(bytes);
        } else if is(name, "maxmemory-policy") {
            if !is(value, "noeviction") {
                return Err(refused("this server does not evict: only noeviction is supported"));
            }
        } else {
            return Err(Fault::text(format!("ERR Unknown option or number of arguments for CONFIG SET - '{shown}'")));
        }
    }
    if let Some(bytes) = maxmemory {
        ctx.engine.maxmemory_bytes = bytes;
    }
    Ok(Reply::Ok)
}

/// `100`, `100kb`, `100mb`, `1gb`, and `k`, `m`, `g` in thousands.
fn memory_size(text: &[u8]) -> Option<usize> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let number = usize::try_from(parse_u64(&text[..digits])?).ok()?;
    let factor = match text[digits..].to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1_000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}

fn describe(command: &Command) -> Reply {
    Reply::Array(vec![
        Reply::word(command.name),
        Reply::Int(i64::from(command.arity)),
        Reply::Set(command.flag_words().map(Reply::Status).collect()),
        Reply::Int(i64::from(command.keys.0)),
        Reply::Int(i64::from(command.keys.1)),
        Reply::Int(i64::from(command.keys.2)),
        Reply::Set(Vec::new()),
        Reply::Array(Vec::new()),
        Reply::Array(Vec::new()),
        Reply::Array(Vec::new()),
    ])
}

pub(crate) fn command(_: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let Some(sub) = args.get(1) else { return Ok(Reply::Array(COMMANDS.iter().map(describe).collect())) };
    if is(sub, "COUNT") {
        return Ok(Reply::int(COMMANDS.len()));
    }
    if is(sub, "LIST") {
        subcommand_arity(args, 2, 2, "command|list")?;
        return Ok(Reply::Array(COMMANDS.iter().map(|command| Reply::word(command.name)).collect()));
    }
    if is(sub, "INFO") {
        if args.len() == 2 {
            return Ok(Reply::Array(COMMANDS.iter().map(describe).collect()));
        }
        let told = args[2..].iter().map(|name| lookup(name).map_or(Reply::Null, describe));
        return Ok(Reply::Array(told.collect()));
    }
    if is(sub, "DOCS") {
        // There are no texts: redis-cli then completes names without hints.
        return Ok(Reply::Map(Vec::new()));
    }
    Err(unknown_subcommand("COMMAND", sub))
}
