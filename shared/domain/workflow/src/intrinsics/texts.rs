//! Functions on texts, and between texts and JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::Digest;

/// The longest text that the encoding and hashing functions take, in characters, as the service has it.
const TEXT_CHARS_MAX: usize = 10_000;

/// The longest text that `States.Format` makes, in bytes: what a payload may hold.
const FORMATTED_BYTES_MAX: usize = 262_144;

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("{value} is not a string"))
}

fn bounded(text: &str) -> Result<&str, String> {
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(format!("The text has more than {TEXT_CHARS_MAX} characters"));
    }
    Ok(text)
}

/// A literal as it is meant: a backslash makes the next character stand for itself.
pub(super) fn unescaped(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.extend(chars.next()),
            c => text.push(c),
        }
    }
    text
}

/// Fills the `{}` of a template, in which a backslash makes the next character stand for itself.
pub(super) fn format(template: &Value, arguments: &[Value]) -> Result<Value, String> {
    let template = text(template)?;
    let mut arguments = arguments.iter();
    let mut formatted = String::with_capacity(template.len());
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek().is_some_and(|next| matches!(next, '\'' | '\\' | '{' | '}')) => {
                formatted.extend(chars.next());
            }
            '{' if chars.peek() == Some(&'}') => {
                chars.next();
                let argument = arguments.next().ok_or("There are more {} than arguments")?;
                write_plain(argument, &mut formatted);
            }
            '{' | '}' => return Err("A brace that is not part of {} is written with a backslash".to_owned()),
            c => formatted.push(c),
        }
        if formatted.len() > FORMATTED_BYTES_MAX {
            return Err(format!("The text has more than {FORMATTED_BYTES_MAX} bytes"));
        }
    }
    if arguments.next().is_some() {
        return Err("There are more arguments than {}".to_owned());
    }
    Ok(Value::String(formatted))
}

/// How `States.Format` writes a value: texts without quotes, objects as `{key=value, key=value}`.
fn write_plain(value: &Value, into: &mut String) {
    match value {
        Value::String(text) => into.push_str(text),
        Value::Array(items) => {
            into.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    into.push_str(", ");
                }
                write_plain(item, into);
            }
            into.push(']');
        }
        Value::Object(fields) => {
            into.push('{');
            for (position, (key, field)) in fields.iter().enumerate() {
                if position > 0 {
                    into.push_str(", ");
                }
                into.push_str(key);
                into.push('=');
                write_plain(field, into);
            }
            into.push('}');
        }
        other => into.push_str(&other.to_string()),
    }
}

/// Splits at each of the characters of the second text; what is empty between two is dropped.
pub(super) fn split(whole: &Value, separators: &Value) -> Result<Value, String> {
    let separators: Vec<char> = text(separators)?.chars().collect();
    let whole = text(whole)?;
    if separators.is_empty() {
        return Ok(json!([whole]));
    }
    Ok(whole.split(separators.as_slice()).filter(|part| !part.is_empty()).map(|part| json!(part)).collect())
}

/// Reads a text as JSON; a blank one is null.
pub(super) fn to_json(value: &Value) -> Result<Value, String> {
    let text = text(value)?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    let read: Value = serde_json::from_str(text).map_err(|fault| format!("The text is not JSON: {fault}"))?;
    Ok(if read.as_f64() == Some(0.0) { json!(0) } else { read })
}

pub(super) fn merge(first: &Value, second: &Value, deep: &Value) -> Result<Value, String> {
    if deep != &Value::Bool(false) {
        return Err("The third argument must be false: objects are merged at their first level only".to_owned());
    }
    let (Value::Object(first), Value::Object(second)) = (first, second) else {
        return Err("The first two arguments must be objects".to_owned());
    };
    let mut merged = first.clone();
    merged.extend(second.iter().map(|(key, value)| (key.clone(), value.clone())));
    Ok(Value::Object(merged))
}

pub(super) fn base64_encode(value: &Value) -> Result<Value, String> {
    Ok(json!(STANDARD.encode(bounded(text(value)?)?)))
}

pub(super) fn base64_decode(value: &Value) -> Result<Value, String> {
    let bytes = STANDARD.decode(bounded(text(value)?)?).map_err(|_| "The text is not base64".to_owned())?;
    String::from_utf8(bytes).map(Value::String).map_err(|_| "What was encoded is not a text in UTF-8".to_owned())
}

/// The hash of a text, or of a value's JSON, in hexadecimal.
pub(crate) fn hash(data: &Value, algorithm: &Value) -> Result<Value, String> {
    let data = match data {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let data = bounded(&data)?.as_bytes();
    Ok(json!(match text(algorithm)? {
        "MD5" => hex(md5::Md5::digest(data).as_slice()),
        "SHA-1" => hex(sha1::Sha1::digest(data).as_slice()),
        "SHA-256" => hex(sha2::Sha256::digest(data).as_slice()),
        "SHA-384" => hex(sha2::Sha384::digest(data).as_slice()),
        "SHA-512" => hex(sha2::Sha512::digest(data).as_slice()),
        other => return Err(format!("'{other}' is none of MD5, SHA-1, SHA-256, SHA-384, SHA-512")),
    }))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
