//! What a script finds when it starts, and what it does not.

use mlua::{Function, Lua, LuaString, Table, Value};

use super::{Digest, cjson};

/// Taken away: files, code from outside, and whatever looks behind a function.
const REMOVED: &[&str] = &[
    "dofile",
    "loadfile",
    "load",
    "loadstring",
    "print",
    "getfenv",
    "setfenv",
    "newproxy",
    "collectgarbage",
    "gcinfo",
    "module",
    "require",
];

/// Written in Lua, because a table can be raised as an error only from there.
const PRELUDE: &str = r#"
local holder, redis, line, over = ...
local type, error, pcall, xpcall, tostring = type, error, pcall, xpcall, tostring
local rawget, rawset, setmetatable = rawget, rawset, setmetatable
function redis.call(...)
    local reply = holder.dispatch(...)
    if type(reply) == 'table' and rawget(reply, 'err') ~= nil then
        reply.line = line()
        error(reply, 0)
    end
    return reply
end
function redis.pcall(...)
    return holder.dispatch(...)
end

-- That the time is over cannot be caught.
local function unstopped(ok, problem, ...)
    if not ok and over() then error(problem, 0) end
    return ok, problem, ...
end
local resume = coroutine.resume
coroutine.resume = function(...)
    return unstopped(resume(...))
end

-- What scripts share is read-only: one must not leave anything behind for the next.
local closed = {}
local function refuse()
    error('Attempt to modify a readonly table', 2)
end
for _, name in ipairs({'redis', 'server', 'cjson', 'string', 'table', 'math', 'coroutine'}) do
    local real = rawget(_G, name)
    if real then
        local shown = setmetatable({}, {__index = real, __newindex = refuse, __metatable = false})
        closed[shown] = true
        rawset(_G, name, shown)
    end
end
closed[_G] = true
getmetatable('').__metatable = false
_G.rawset = function(t, k, v)
    if closed[t] then error('Attempt to modify a readonly table', 0) end
    return rawset(t, k, v)
end

-- A caught error of a command is its text.
local function unwrapped(ok, problem, ...)
    if not ok and type(problem) == 'table' and type(rawget(problem, 'err')) == 'string' then
        return ok, problem.err
    end
    return ok, problem, ...
end
_G.pcall = function(...)
    return unwrapped(unstopped(pcall(...)))
end
_G.xpcall = function(...)
    return unstopped(xpcall(...))
end

setmetatable(_G, {
    __index = function(_, name)
        error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
    end,
    __newindex = refuse,
    __metatable = false,
})
local function caught(problem)
    if type(problem) == 'table' then return problem end
    return tostring(problem)
end
return function(script)
    return xpcall(script, caught)
end
"#;

/// Prepares a fresh state; `over` says whether the running script must end. Returns the function that runs scripts, and
/// the table whose `dispatch` is behind `redis.call`.
pub(crate) fn furnish(lua: &Lua, over: impl Fn() -> bool + Send + 'static) -> mlua::Result<(Function, Table)> {
    let globals = lua.globals();
    for name in REMOVED {
        globals.raw_set(*name, Value::Nil)?;
    }
    let redis = functions(lua)?;
    globals.raw_set("redis", &redis)?;
    globals.raw_set("server", &redis)?;
    globals.raw_set("cjson", cjson::module(lua)?)?;
    let holder = lua.create_table()?;
    // The caller of redis.call is two levels up: this function, redis.call, the script.
    let line =
        lua.create_function(|lua, ()| Ok(lua.inspect_stack(2, |frame| frame.current_line()).flatten().unwrap_or(1)))?;
    let over = lua.create_function(move |_, ()| Ok(over()))?;
    let runner = lua.load(PRELUDE).set_name("=prelude").call((&holder, redis, line, over))?;
    Ok((runner, holder))
}

fn functions(lua: &Lua) -> mlua::Result<Table> {
    let redis = lua.create_table()?;
    redis.set(
        "error_reply",
        lua.create_function(|lua, text: LuaString| {
            let table = lua.create_table()?;
            table.raw_set("err", lua.create_string(error_text(&text.as_bytes()))?)?;
            Ok(table)
        })?,
    )?;
    redis.set(
        "status_reply",
        lua.create_function(|lua, text: LuaString| {
            let table = lua.create_table()?;
            table.raw_set("ok", text)?;
            Ok(table)
        })?,
    )?;
    redis.set("sha1hex", lua.create_function(|_, text: LuaString| Ok(Digest::of(&text.as_bytes()).to_string()))?)?;
    redis.set(
        "log",
        lua.create_function(|_, (level, text): (i64, LuaString)| {
            let text = text.to_string_lossy();
            match level {
                0 | 1 => tracing::debug!(script = %text),
                2 => tracing::info!(script = %text),
                _ => tracing::warn!(script = %text),
            }
            Ok(())
        })?,
    )?;
    // Scripts replicate by their effects in any case.
    redis.set("replicate_commands", lua.create_function(|_, ()| Ok(true))?)?;
    redis.set(
        "setresp",
        lua.create_function(|_, version: i64| {
            if version == 2 {
                return Ok(());
            }
            Err(mlua::Error::runtime("this server's scripts speak RESP version 2 only"))
        })?,
    )?;
    for (name, level) in [("LOG_DEBUG", 0), ("LOG_VERBOSE", 1), ("LOG_NOTICE", 2), ("LOG_WARNING", 3)] {
        redis.set(name, level)?;
    }
    redis.set("REDIS_VERSION", crate::commands::client::VERSION)?;
    redis.set("REDIS_VERSION_NUM", 0x0007_000f)?;
    Ok(redis)
}

/// A leading `-` is dropped; a text of one word gets the code `ERR`.
fn error_text(text: &[u8]) -> Vec<u8> {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    if text.contains(&b' ') { text.to_vec() } else { [b"ERR ", text].concat() }
}
