//! Between JSON and the engine's values.

use super::wanted::Wanted;
use crate::scope::NESTING_MAX;
use indexmap::IndexMap;
use jsonata_core::value::JValue;
use serde_json::{Map, Number, Value};

/// The longest answer, in bytes of its texts and one for every value: four times what a state may hand on. Within the
/// engine values share their parts, so that a small one may be enormous when written out.
const ANSWER_BYTES_MAX: usize = 4 * 262_144;

/// What an expression answered.
pub(super) enum Answer {
    Value(Value),
    /// Undefined.
    Nothing,
    /// A function, or something with a function in it.
    Unsupported,
}

/// The engine's value of what is wanted of a JSON one.
pub(super) fn inwards(value: &Value, wanted: &Wanted) -> JValue {
    match value {
        Value::Null => JValue::Null,
        Value::Bool(flag) => JValue::Bool(*flag),
        Value::Number(number) => JValue::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => JValue::from(text.as_str()),
        Value::Array(items) => JValue::array(items.iter().map(|item| inwards(item, &Wanted::All)).collect()),
        Value::Object(fields) => {
            let fields: IndexMap<String, JValue> = match wanted {
                Wanted::All => fields.iter().map(|(key, field)| (key.clone(), inwards(field, wanted))).collect(),
                Wanted::Parts(parts) => parts
                    .iter()
                    .filter_map(|(key, wanted)| Some((key.clone(), inwards(fields.get(key)?, wanted))))
                    .collect(),
            };
            JValue::object(fields)
        }
    }
}

/// The JSON of an engine's value. The fault is a message with JSONata's code.
pub(super) fn outwards(value: JValue) -> Result<Answer, String> {
    let value = value.unwrap_sequence();
    if value.is_undefined() {
        return Ok(Answer::Nothing);
    }
    let mut left = ANSWER_BYTES_MAX;
    plain(&value, 0, &mut left).map(|value| value.map_or(Answer::Unsupported, Answer::Value))
}

fn spend(left: &mut usize, bytes: usize) -> Result<(), String> {
    match left.checked_sub(bytes) {
        Some(rest) => *left = rest,
        None => return Err(format!("The result has more than {ANSWER_BYTES_MAX} bytes")),
    }
    Ok(())
}

fn plain(value: &JValue, depth: usize, left: &mut usize) -> Result<Option<Value>, String> {
    spend(left, 1)?;
    if depth > NESTING_MAX {
        return Err(format!("The result nests more than {NESTING_MAX} deep"));
    }
    Ok(Some(match value {
        JValue::Null | JValue::Undefined => Value::Null,
        JValue::Bool(flag) => Value::Bool(*flag),
        JValue::Number(number) => Value::Number(written(*number)?),
        JValue::String(text) => {
            spend(left, text.len())?;
            Value::String(text.to_string())
        }
        JValue::Array(items) => {
            let mut plain_items = Vec::with_capacity(items.len());
            for item in items.iter() {
                let Some(item) = plain(item, depth + 1, left)? else { return Ok(None) };
                plain_items.push(item);
            }
            Value::Array(plain_items)
        }
        JValue::Object(fields) => {
            let mut plain_fields = Map::with_capacity(fields.len());
            for (key, field) in fields.iter() {
                if field.is_undefined() {
                    continue;
                }
                spend(left, key.len())?;
                let Some(field) = plain(field, depth + 1, left)? else { return Ok(None) };
                plain_fields.insert(key.clone(), field);
            }
            Value::Object(plain_fields)
        }
        JValue::Lambda(_) | JValue::Builtin { .. } | JValue::Regex { .. } => return Ok(None),
    }))
}

/// A number without a fraction is written as a whole one.
#[expect(clippy::cast_possible_truncation, reason = "the range is looked at before")]
fn written(number: f64) -> Result<Number, String> {
    if number.fract() == 0.0 && number.abs() < 9.0e18 {
        return Ok(Number::from(number as i64));
    }
    Number::from_f64(number).ok_or_else(|| "D1001: Number out of range".to_owned())
}
