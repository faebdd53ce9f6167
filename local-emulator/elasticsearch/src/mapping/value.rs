//! Single JSON values as numbers and booleans, with Elasticsearch's leniency and its messages.

use serde_json::Value;

use super::Kind;
use crate::error::{Error, Result};

/// A numeric doc value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Integer(i64),
    Float(f64),
}

impl Number {
    #[expect(clippy::cast_precision_loss, reason = "as Elasticsearch, which aggregates and compares in doubles")]
    pub(crate) fn as_f64(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            Self::Float(number) => number,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "coerced as Elasticsearch does: the fraction is cut"
)]
fn integer(value: &Value) -> Option<i64> {
    let from_float = |float: f64| (float.is_finite() && float.abs() < i64::MAX as f64).then_some(float.trunc() as i64);
    match value {
        Value::Number(number) => {
            number.as_i64().or_else(|| if number.is_u64() { None } else { number.as_f64().and_then(from_float) })
        }
        Value::String(text) => text.parse().ok().or_else(|| text.parse().ok().and_then(from_float)),
        _ => None,
    }
}

/// `value` as a number of `kind`.
///
/// # Errors
/// `illegal_argument_exception` that names the input, for what is not a number or is out of the type's range.
pub(crate) fn parse_number(kind: &Kind, type_name: &str, value: &Value) -> Result<Number> {
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match kind {
        Kind::Integer { min, max } => {
            // The widest is read by another parser there, which complains otherwise.
            let complaint = if *max == i64::MAX { "illegal_argument_exception" } else { "number_format_exception" };
            let number =
                integer(value).ok_or_else(|| Error::new(400, complaint, format!("For input string: \"{shown}\"")))?;
            if number < *min || number > *max {
                return Err(Error::illegal(format!("Value [{shown}] is out of range for a {type_name}")));
            }
            Ok(Number::Integer(number))
        }
        _ => {
            let number = match value {
                Value::Number(number) => number.as_f64(),
                Value::String(text) => text.parse().ok(),
                _ => None,
            };
            match number {
                Some(number) if number.is_finite() => Ok(Number::Float(match type_name {
                    "float" => single(number),
                    "half_float" => half(number),
                    _ => number,
                })),
                Some(_) => Err(Error::illegal(format!("[{type_name}] supports only finite values, but got [{shown}]"))),
                None => Err(Error::new(400, "number_format_exception", format!("For input string: \"{shown}\""))),
            }
        }
    }
}

/// A `float` field holds single precision.
#[expect(clippy::cast_possible_truncation, reason = "the field's type is single precision")]
fn single(number: f64) -> f64 {
    f64::from(number as f32)
}

/// A `half_float` field holds half precision: eleven significant bits, to the nearest, ties to even.
fn half(number: f64) -> f64 {
    /// The least exponent of a number with all of its bits; below, their steps stay as wide.
    const EXPONENT_MIN: i32 = -14;
    /// The first number that rounds to infinity.
    const OVERFLOW: f64 = 65_520.0;
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    if number.abs() >= OVERFLOW {
        return f64::INFINITY.copysign(number);
    }
    #[expect(clippy::cast_possible_truncation, reason = "an exponent of at most 16")]
    let exponent = (number.abs().log2().floor() as i32).max(EXPONENT_MIN);
    let step = f64::from(exponent - 10).exp2();
    (number / step).round_ties_even() * step
}

/// # Errors
/// `illegal_argument_exception` for anything but true, false and their strings.
pub(crate) fn parse_boolean(value: &Value) -> Result<bool> {
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" || text.is_empty() => Ok(false),
        other => {
            let shown = other.as_str().map_or_else(|| other.to_string(), str::to_owned);
            Err(Error::illegal(format!("Failed to parse value [{shown}] as only [true] or [false] are allowed.")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::half;

    #[test]
    fn half_precision_has_eleven_bits() {
        for (number, expected) in
            [(1.0, 1.0), (184.4, 184.375), (-0.1, -0.0999755859375), (2049.0, 2048.0), (2051.0, 2052.0), (1e-8, 0.0)]
        {
            assert_eq!(half(number).to_bits(), f64::to_bits(expected), "{number}");
        }
        assert_eq!(half(70_000.0), f64::INFINITY);
    }
}
