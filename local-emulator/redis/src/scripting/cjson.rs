//! `cjson.encode` and `cjson.decode`.

use mlua::{Lua, LuaString, Table, Value};

/// Nesting beyond this is refused, in both directions.
const DEPTH_MAX: usize = 100;

pub(crate) fn module(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    module.set("null", Value::NULL)?;
    module.set(
        "encode",
        lua.create_function(|lua, value: Value| {
            let mut out = Vec::new();
            encode(&mut out, &value, 0)?;
            lua.create_string(out)
        })?,
    )?;
    module.set(
        "decode",
        lua.create_function(|lua, text: LuaString| {
            let value: serde_json::Value = serde_json::from_slice(&text.as_bytes())
                .map_err(|error| mlua::Error::runtime(format!("cjson.decode: {error}")))?;
            decode(lua, &value)
        })?,
    )?;
    Ok(module)
}

fn decode(lua: &Lua, value: &serde_json::Value) -> mlua::Result<Value> {
    Ok(match value {
        serde_json::Value::Null => Value::NULL,
        serde_json::Value::Bool(yes) => Value::Boolean(*yes),
        serde_json::Value::Number(n) => Value::Number(n.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(text) => Value::String(lua.create_string(text)?),
        serde_json::Value::Array(items) => {
            let table = lua.create_table_with_capacity(items.len(), 0)?;
            for (index, item) in items.iter().enumerate() {
                table.raw_set(index + 1, decode(lua, item)?)?;
            }
            Value::Table(table)
        }
        serde_json::Value::Object(fields) => {
            let table = lua.create_table_with_capacity(0, fields.len())?;
            for (name, field) in fields {
                table.raw_set(name.as_str(), decode(lua, field)?)?;
            }
            Value::Table(table)
        }
    })
}

fn encode(out: &mut Vec<u8>, value: &Value, depth: usize) -> mlua::Result<()> {
    if depth > DEPTH_MAX {
        return Err(mlua::Error::runtime("Cannot serialise, excessive depth"));
    }
    match value {
        Value::Nil => out.extend_from_slice(b"null"),
        Value::LightUserData(pointer) if pointer.0.is_null() => out.extend_from_slice(b"null"),
        Value::Boolean(yes) => out.extend_from_slice(if *yes { b"true" } else { b"false" }),
        #[expect(clippy::cast_precision_loss, reason = "mlua gives whole doubles as integers")]
        Value::Integer(n) => out.extend_from_slice(number(*n as f64)?.as_bytes()),
        Value::Number(n) => out.extend_from_slice(number(*n)?.as_bytes()),
        Value::String(text) => string(out, &text.as_bytes()),
        Value::Table(table) => match array_length(table)? {
            Some(length) => {
                out.push(b'[');
                for index in 1..=length {
                    if index > 1 {
                        out.push(b',');
                    }
                    encode(out, &table.raw_get::<Value>(index)?, depth + 1)?;
                }
                out.push(b']');
            }
            None => object(out, table, depth)?,
        },
        other => {
            let kind = other.type_name();
            return Err(mlua::Error::runtime(format!("Cannot serialise {kind}: type not supported")));
        }
    }
    Ok(())
}

fn object(out: &mut Vec<u8>, table: &Table, depth: usize) -> mlua::Result<()> {
    out.push(b'{');
    let mut first = true;
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair?;
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        match &key {
            Value::String(name) => string(out, &name.as_bytes()),
            Value::Integer(n) => string(out, n.to_string().as_bytes()),
            Value::Number(n) => string(out, number(*n)?.as_bytes()),
            _ => return Err(mlua::Error::runtime("Cannot serialise table: table key must be a number or string")),
        }
        out.push(b':');
        encode(out, &value, depth + 1)?;
    }
    out.push(b'}');
    Ok(())
}

/// The length of a table whose keys are all positive integers; an empty table is an object. A table with few of many
/// indices is refused, as cjson does.
fn array_length(table: &Table) -> mlua::Result<Option<usize>> {
    let (mut highest, mut count) = (0usize, 0usize);
    for pair in table.pairs::<Value, Value>() {
        let index = match pair?.0 {
            Value::Integer(n) => usize::try_from(n).ok(),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both ends were checked")]
            Value::Number(n) if n >= 1.0 && n.fract() == 0.0 && n < 1e15 => Some(n as usize),
            _ => None,
        };
        match index {
            Some(index) if index > 0 => highest = highest.max(index),
            _ => return Ok(None),
        }
        count += 1;
    }
    if count == 0 {
        return Ok(None);
    }
    if highest > 10 && highest > count * 2 {
        return Err(mlua::Error::runtime("Cannot serialise table: excessively sparse array"));
    }
    Ok(Some(highest))
}

/// C's `%.14g`.
fn number(n: f64) -> mlua::Result<String> {
    if !n.is_finite() {
        return Err(mlua::Error::runtime("Cannot serialise number: must not be NaN or Inf"));
    }
    if n.fract() == 0.0 && n.abs() < 1e14 {
        return Ok(format!("{n:.0}"));
    }
    let rounded: f64 = format!("{n:.13e}").parse().unwrap_or(n);
    Ok(if rounded.abs() >= 1e14 || rounded.abs() < 1e-4 {
        let text = format!("{rounded:e}");
        match text.split_once('e') {
            Some((mantissa, exponent)) => {
                let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
                format!("{mantissa}e{sign}{digits:0>2}")
            }
            None => text,
        }
    } else {
        rounded.to_string()
    })
}

fn string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'/' => out.extend_from_slice(b"\\/"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            0..=31 | 127 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            other => out.push(*other),
        }
    }
    out.push(b'"');
}
