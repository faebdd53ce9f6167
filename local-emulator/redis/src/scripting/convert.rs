//! Replies to Lua values and back, as Redis documents it for RESP2.

use bytes::Bytes;
use mlua::{Lua, Table, Value};

use crate::number::format_f64;
use crate::reply::Reply;

/// Tables that a script returns may be nested this deep.
const DEPTH_MAX: usize = 128;

pub(crate) fn to_lua(lua: &Lua, reply: &Reply) -> mlua::Result<Value> {
    let single = |field: &str, text: &str| -> mlua::Result<Value> {
        let table = lua.create_table_with_capacity(0, 1)?;
        table.raw_set(field, text)?;
        Ok(Value::Table(table))
    };
    let text = |bytes: &[u8]| lua.create_string(bytes).map(Value::String);
    match reply {
        Reply::Ok => single("ok", "OK"),
        Reply::Status(word) => single("ok", word),
        Reply::StatusText(word) => single("ok", word),
        Reply::Error(message) => single("err", message),
        #[expect(clippy::cast_precision_loss, reason = "Lua 5.1 has no other numbers; Redis loses the same bits")]
        Reply::Int(n) => Ok(Value::Number(*n as f64)),
        Reply::Bulk(bytes) => text(bytes),
        Reply::Null | Reply::NullArray | Reply::Pending => Ok(Value::Boolean(false)),
        Reply::Double(value) => text(format_f64(*value).as_bytes()),
        Reply::Verbatim(content) => text(content.as_bytes()),
        Reply::Array(items) | Reply::Set(items) | Reply::Push(items) | Reply::Frames(items) => {
            let table = lua.create_table_with_capacity(items.len(), 0)?;
            for (index, item) in items.iter().enumerate() {
                table.raw_set(index + 1, to_lua(lua, item)?)?;
            }
            Ok(Value::Table(table))
        }
        Reply::Map(pairs) => {
            let table = lua.create_table_with_capacity(pairs.len() * 2, 0)?;
            for (index, (key, value)) in pairs.iter().enumerate() {
                table.raw_set(index * 2 + 1, to_lua(lua, key)?)?;
                table.raw_set(index * 2 + 2, to_lua(lua, value)?)?;
            }
            Ok(Value::Table(table))
        }
    }
}

pub(crate) fn to_reply(value: &Value) -> mlua::Result<Reply> {
    at_depth(value, 0)
}

/// A number as the integer that C makes of it on the machines that Redis runs on: the fraction is cut off, and what is too
/// large is the smallest integer.
fn cut_off(number: f64) -> i64 {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    #[expect(clippy::cast_possible_truncation, reason = "what does not fit was told apart")]
    if (-BEYOND..BEYOND).contains(&number) { number as i64 } else { i64::MIN }
}

fn at_depth(value: &Value, depth: usize) -> mlua::Result<Reply> {
    if depth > DEPTH_MAX {
        return Ok(Reply::Error("ERR reached lua stack limit".to_owned()));
    }
    Ok(match value {
        Value::String(text) => Reply::Bulk(Bytes::copy_from_slice(&text.as_bytes())),
        Value::Integer(n) => Reply::Int(*n),
        Value::Number(n) => Reply::Int(cut_off(*n)),
        Value::Boolean(true) => Reply::Int(1),
        Value::Table(table) => table_reply(table, depth)?,
        _ => Reply::Null,
    })
}

fn table_reply(table: &Table, depth: usize) -> mlua::Result<Reply> {
    if let Value::String(text) = table.raw_get::<Value>("err")? {
        return Ok(Reply::Error(text.to_string_lossy()));
    }
    if let Value::String(text) = table.raw_get::<Value>("ok")? {
        return Ok(Reply::StatusText(text.to_string_lossy()));
    }
    match table.raw_get::<Value>("double")? {
        Value::Number(n) => return Ok(Reply::Double(n)),
        #[expect(clippy::cast_precision_loss, reason = "the script asked for a double")]
        Value::Integer(n) => return Ok(Reply::Double(n as f64)),
        _ => {}
    }
    if let Value::Table(map) = table.raw_get::<Value>("map")? {
        let mut pairs = Vec::new();
        for pair in map.pairs::<Value, Value>() {
            let (key, value) = pair?;
            pairs.push((at_depth(&key, depth + 1)?, at_depth(&value, depth + 1)?));
        }
        return Ok(Reply::Map(pairs));
    }
    if let Value::Table(set) = table.raw_get::<Value>("set")? {
        let mut members = Vec::new();
        for pair in set.pairs::<Value, Value>() {
            members.push(at_depth(&pair?.0, depth + 1)?);
        }
        return Ok(Reply::Set(members));
    }
    let mut items = Vec::with_capacity(table.raw_len());
    for index in 1.. {
        // The first nil ends the array.
        match table.raw_get::<Value>(index)? {
            Value::Nil => break,
            item => items.push(at_depth(&item, depth + 1)?),
        }
    }
    Ok(Reply::Array(items))
}
