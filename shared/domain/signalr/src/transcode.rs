//! One value from an encoding into the other.

use crate::PayloadFault;
use crate::binary::BASE64;
use crate::message_pack_reader::Reader;
use crate::payload::DEPTH_MAX;
use base64::Engine as _;
use bytes::Bytes;
use chrono::{DateTime, Datelike as _, SecondsFormat, Utc};
use rmpv::{Value, ValueRef};

/// The extension type of a timestamp (MessagePack specification, "Timestamp extension type").
const TIMESTAMP: i8 = -1;
/// rmpv counts an array or a map twice, and text, binary and extensions as levels of their own.
const TREE_DEPTH_MAX: usize = 2 * DEPTH_MAX + 4;

/// JSON text as MessagePack: whole numbers as such, in as few bytes as they need.
pub(crate) fn to_message_pack(text: &[u8]) -> Result<Bytes, PayloadFault> {
    let tree: Value = serde_json::from_slice(text).map_err(|error| PayloadFault::new(error.to_string()))?;
    let mut out = Vec::with_capacity(text.len());
    rmpv::encode::write_value(&mut out, &tree).map_err(|error| PayloadFault::new(error.to_string()))?;
    Ok(out.into())
}

/// A MessagePack value as JSON text.
pub(crate) fn to_json(bytes: &[u8]) -> Result<Bytes, PayloadFault> {
    check(bytes)?;
    let value = rmpv::decode::value_ref::read_value_ref_with_max_depth(&mut &bytes[..], TREE_DEPTH_MAX)
        .map_err(|error| PayloadFault::new(error.to_string()))?;
    let mut out = Vec::with_capacity(bytes.len() * 2);
    write_json(&value, &mut out)?;
    Ok(out.into())
}

/// A MessagePack value as a tree, for another serializer.
pub(crate) fn tree(bytes: &[u8]) -> Result<Value, PayloadFault> {
    check(bytes)?;
    rmpv::decode::value::read_value_with_max_depth(&mut &bytes[..], TREE_DEPTH_MAX)
        .map_err(|error| PayloadFault::new(error.to_string()))
}

/// Refuses what rmpv would take: more than one value, and bytes that MessagePack does not use.
fn check(bytes: &[u8]) -> Result<(), PayloadFault> {
    match Reader::new(bytes).value() {
        Ok(value) if value.len() == bytes.len() => Ok(()),
        Ok(_) => Err(PayloadFault::new("more than one value")),
        Err(fault) => Err(PayloadFault::new(fault.to_string())),
    }
}

/// The value with its timestamps as RFC 3339 text, or nothing where it has none.
pub(crate) fn dates_as_text(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut value = tree(bytes).ok()?;
    if !replace_dates(&mut value) {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len() * 2);
    rmpv::encode::write_value(&mut out, &value).ok()?;
    Some(out)
}

fn replace_dates(value: &mut Value) -> bool {
    match value {
        Value::Ext(TIMESTAMP, data) => match date(data) {
            Some(text) => {
                *value = Value::from(text);
                true
            }
            None => false,
        },
        // `|` and not `any`: all of them are replaced.
        Value::Array(items) => items.iter_mut().fold(false, |found, item| found | replace_dates(item)),
        Value::Map(pairs) => {
            pairs.iter_mut().fold(false, |found, (key, value)| found | replace_dates(key) | replace_dates(value))
        }
        _ => false,
    }
}

fn write_json(value: &ValueRef<'_>, out: &mut Vec<u8>) -> Result<(), PayloadFault> {
    match value {
        ValueRef::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_json(item, out)?;
            }
            out.push(b']');
        }
        ValueRef::Map(pairs) => {
            out.push(b'{');
            for (at, (key, value)) in pairs.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_key(key, out)?;
                out.push(b':');
                write_json(value, out)?;
            }
            out.push(b'}');
        }
        ValueRef::Nil => out.extend_from_slice(b"null"),
        ValueRef::Boolean(true) => out.extend_from_slice(b"true"),
        ValueRef::Boolean(false) => out.extend_from_slice(b"false"),
        ValueRef::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        ValueRef::F32(number) if number.is_finite() => write_plain(number, out)?,
        ValueRef::F64(number) if number.is_finite() => write_plain(number, out)?,
        ValueRef::F32(number) => write_plain(no_number(f64::from(*number)), out)?,
        ValueRef::F64(number) => write_plain(no_number(*number), out)?,
        ValueRef::String(text) => write_plain(text.as_str().ok_or_else(not_utf8)?, out)?,
        ValueRef::Binary(bytes) => write_plain(&BASE64.encode(bytes), out)?,
        ValueRef::Ext(TIMESTAMP, data) => {
            let text = date(data)
                .ok_or_else(|| PayloadFault::new("a timestamp that is none, or not of the years 0 to 9999"))?;
            write_plain(&text, out)?;
        }
        ValueRef::Ext(kind, _) => {
            return Err(PayloadFault::new(format!("MessagePack's extension {kind} has no form in JSON")));
        }
    }
    Ok(())
}

/// A key is text in JSON; numbers, booleans and binary have one text each.
fn write_key(key: &ValueRef<'_>, out: &mut Vec<u8>) -> Result<(), PayloadFault> {
    match key {
        ValueRef::Integer(number) => write_plain(&number.to_string(), out),
        ValueRef::Boolean(value) => write_plain(&value.to_string(), out),
        ValueRef::F32(number) if number.is_finite() => write_plain(&number.to_string(), out),
        ValueRef::F64(number) if number.is_finite() => write_plain(&number.to_string(), out),
        ValueRef::String(_) | ValueRef::Binary(_) | ValueRef::F32(_) | ValueRef::F64(_) | ValueRef::Ext(..) => {
            write_json(key, out)
        }
        ValueRef::Nil | ValueRef::Array(_) | ValueRef::Map(_) => {
            Err(PayloadFault::new("a key of a map that has no text"))
        }
    }
}

fn write_plain<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), PayloadFault> {
    serde_json::to_writer(out, value).map_err(|error| PayloadFault::new(error.to_string()))
}

/// As .NET names them.
fn no_number(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

fn not_utf8() -> PayloadFault {
    PayloadFault::new("text that is not UTF-8")
}

/// RFC 3339 text of a timestamp of 4, 8 or 12 bytes. Years of more than four digits have none.
fn date(data: &[u8]) -> Option<String> {
    let (seconds, nanoseconds) = match data.len() {
        4 => (i64::from(u32::from_be_bytes(data.try_into().ok()?)), 0),
        8 => {
            let both = u64::from_be_bytes(data.try_into().ok()?);
            // 30 bits of nanoseconds, then 34 bits of seconds: both fit.
            ((both & 0x3_ffff_ffff) as i64, (both >> 34) as u32)
        }
        12 => {
            let (nanoseconds, seconds) = data.split_at(4);
            (i64::from_be_bytes(seconds.try_into().ok()?), u32::from_be_bytes(nanoseconds.try_into().ok()?))
        }
        _ => return None,
    };
    if nanoseconds >= 1_000_000_000 {
        return None;
    }
    let time: DateTime<Utc> = DateTime::from_timestamp(seconds, nanoseconds)?;
    (0..=9999).contains(&time.year()).then(|| time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}
