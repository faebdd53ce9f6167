//! The functions that may end a path.

use super::step::PathFault;
use serde_json::{Value, json};

/// What is done with what the path found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Length,
    Keys,
    First,
    Last,
    Sum,
    Average,
    Minimum,
    Maximum,
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "length" | "size" => Self::Length,
            "keys" => Self::Keys,
            "first" => Self::First,
            "last" => Self::Last,
            "sum" => Self::Sum,
            "avg" => Self::Average,
            "min" => Self::Minimum,
            "max" => Self::Maximum,
            _ => return None,
        })
    }

    pub(super) fn apply(self, found: &Value) -> Result<Value, PathFault> {
        Ok(match self {
            Self::Length => match found {
                Value::Array(items) => json!(items.len()),
                Value::Object(fields) => json!(fields.len()),
                Value::String(text) => json!(text.chars().count()),
                _ => return Err(PathFault::nothing("length() needs an array, an object or a text")),
            },
            Self::Keys => match found {
                Value::Object(fields) => fields.keys().map(|key| json!(key)).collect(),
                _ => return Err(PathFault::nothing("keys() needs an object")),
            },
            Self::First => items(found)?.first().cloned().ok_or_else(|| PathFault::nothing("the array is empty"))?,
            Self::Last => items(found)?.last().cloned().ok_or_else(|| PathFault::nothing("the array is empty"))?,
            Self::Sum => json!(numbers(found)?.iter().sum::<f64>()),
            Self::Average => {
                let numbers = numbers(found)?;
                let count = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                json!(numbers.iter().sum::<f64>() / f64::from(count))
            }
            Self::Minimum => json!(numbers(found)?.iter().copied().fold(f64::INFINITY, f64::min)),
            Self::Maximum => json!(numbers(found)?.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        })
    }
}

fn items(found: &Value) -> Result<&Vec<Value>, PathFault> {
    found.as_array().ok_or_else(|| PathFault::nothing("the function needs an array"))
}

fn numbers(found: &Value) -> Result<Vec<f64>, PathFault> {
    let numbers: Vec<f64> = items(found)?.iter().filter_map(Value::as_f64).collect();
    if numbers.is_empty() { Err(PathFault::nothing("the function needs an array of numbers")) } else { Ok(numbers) }
}
