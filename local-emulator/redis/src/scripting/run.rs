//! One run of a script.

use std::cell::RefCell;

use bytes::Bytes;
use mlua::{Lua, MultiValue, Table, Value};

use super::convert::{to_lua, to_reply};
use super::interpreter::{internal, message};
use super::{Digest, Scripting};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::format_f64;
use crate::reply::{Outcome, Reply};
use crate::session::Mode;
use crate::subcommands::{self, Refused};
use crate::table::lookup;

/// Runs a script that was loaded, on behalf of the session, as one command. `mode` says whether it may write.
pub(crate) fn run(
    scripting: &Scripting,
    ctx: &mut Ctx<'_>,
    digest: Digest,
    keys: &[Bytes],
    argv: &[Bytes],
    mode: Mode,
) -> Outcome {
    let Some((interpreter, script)) = scripting.get(digest) else {
        return Err(Fault::text("NOSCRIPT No matching script. Please use EVAL."));
    };
    // The script has its own database and protocol; the client's come back when it ends.
    let before = (ctx.session.mode, ctx.session.protocol, ctx.session.db);
    ctx.session.mode = mode;
    ctx.session.protocol = 2;
    interpreter.arm(ctx.engine.options.script_time_max);
    let lua = &interpreter.lua;
    let shared = RefCell::new(&mut *ctx);
    let result = lua.scope(|scope| {
        let dispatch = scope.create_function(|lua, args: MultiValue| {
            let mut ctx = shared.try_borrow_mut().map_err(|_| mlua::Error::runtime("a call within a call"))?;
            call(lua, &mut ctx, &args)
        })?;
        interpreter.holder.raw_set("dispatch", dispatch)?;
        let globals = lua.globals();
        globals.raw_set("KEYS", strings(lua, keys)?)?;
        globals.raw_set("ARGV", strings(lua, argv)?)?;
        let (ok, value): (bool, Value) = interpreter.runner.call(script)?;
        if ok { to_reply(&value) } else { Ok(Reply::Error(raised(&value, digest)?)) }
    });
    interpreter.disarm();
    (ctx.session.mode, ctx.session.protocol, ctx.session.db) = before;
    result.map_err(|error| {
        tracing::debug!(error = %message(&error), "a script could not be run");
        internal(&error)
    })
}

fn strings(lua: &Lua, texts: &[Bytes]) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(texts.len(), 0)?;
    for (index, text) in texts.iter().enumerate() {
        table.raw_set(index + 1, lua.create_string(text)?)?;
    }
    Ok(table)
}

/// The error that a script's end by an error tells the client.
fn raised(value: &Value, digest: Digest) -> mlua::Result<String> {
    let (text, line) = match value {
        Value::Table(table) => {
            let text = match table.raw_get::<Value>("err")? {
                Value::String(text) => text.to_string_lossy(),
                _ => "ERR unknown error".to_owned(),
            };
            (text, table.raw_get::<Option<u32>>("line")?.unwrap_or(1).to_string())
        }
        other => {
            let text = other.to_string()?;
            // mlua puts a trace behind the first line.
            let first = text.lines().next().unwrap_or_default();
            let first = first.strip_prefix("runtime error: ").unwrap_or(first);
            let line = first.strip_prefix("user_script:").and_then(|rest| rest.split(':').next()).unwrap_or("1");
            (format!("ERR {first}"), line.to_owned())
        }
    };
    Ok(format!("{text} script: {digest}, on @user_script:{line}."))
}

/// `redis.call` and `redis.pcall`: the difference between them is made in the prelude.
fn call(lua: &Lua, ctx: &mut Ctx<'_>, given: &MultiValue) -> mlua::Result<Value> {
    let mut args = Vec::with_capacity(given.len());
    for value in given {
        args.push(match value {
            Value::String(text) => Bytes::copy_from_slice(&text.as_bytes()),
            #[expect(clippy::cast_precision_loss, reason = "mlua gives whole doubles as integers")]
            Value::Integer(n) => Bytes::from(format_f64(*n as f64)),
            Value::Number(n) => Bytes::from(format_f64(*n)),
            _ => return refuse(lua, "ERR Lua redis lib command arguments must be strings or integers"),
        });
    }
    if args.is_empty() {
        return refuse(lua, "ERR Please specify at least one argument for this redis lib call");
    }
    let Some(known) = lookup(&args[0]) else {
        return refuse(lua, "ERR Unknown Redis command called from script");
    };
    let refused = match subcommands::check(known.name, &args) {
        _ if known.check_arity(&args).is_err() => Some("ERR Wrong number of args calling Redis command from script"),
        Err(Refused::Arity(_)) => Some("ERR Wrong number of args calling Redis command from script"),
        Err(Refused::Unknown(_)) => Some("ERR Unknown Redis command called from script"),
        Ok(()) => None,
    };
    if let Some(refused) = refused {
        return refuse(lua, refused);
    }
    let reply = match ctx.engine.admit(ctx.session, &args) {
        Ok(command) => ctx.engine.call(ctx.session, command, &args),
        Err(fault) => fault.into(),
    };
    to_lua(lua, &reply)
}

fn refuse(lua: &Lua, text: &str) -> mlua::Result<Value> {
    to_lua(lua, &Reply::Error(text.to_owned()))
}
