//! Values as text, and back.

use octavo_domain_kernel::PortError;
use octavo_domain_workflow::engine::{Kept, Status, Tells};
use octavo_domain_workflow::machine::{Event, Signal};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Whole numbers up to here are the same as a float and as an integer.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// JSON as it is kept.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, PortError> {
    serde_json::to_string(value).map_err(PortError::corrupt)
}

/// What [`json`] wrote.
pub(crate) fn read<T: DeserializeOwned>(column: &str, text: &str) -> Result<T, PortError> {
    serde_json::from_str(text).map_err(|error| PortError::corrupt(format!("column {column}: {error}")))
}

/// A text in a column of its own: PostgreSQL's `text` holds every character but one.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{FFFD}")) } else { Cow::Borrowed(text) }
}

/// Search attributes as they are shown; none where there are none.
pub(super) fn attributes(attributes: &Map<String, Value>) -> Result<Option<String>, PortError> {
    if attributes.is_empty() { Ok(None) } else { json(attributes).map(Some) }
}

/// A search attribute as it is looked for: name and value. None for a value that cannot be looked for.
pub(super) fn attribute(name: &str, value: &Value) -> Option<(String, String)> {
    let text = match value {
        Value::String(_) | Value::Bool(_) => value.to_string(),
        Value::Number(number) => match number.as_f64() {
            #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small enough")]
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= WHOLE_MAX => {
                (float as i64).to_string()
            }
            _ => number.to_string(),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some((plain(name).into_owned(), text))
}

/// How a signal is kept apart from others.
pub(super) fn kind(signal: &Signal) -> &'static str {
    match signal.event {
        Event::Redrive { .. } => "again",
        Event::Abort { .. } | Event::TimeOut => "whole",
        Event::TaskTimedOut { heartbeat: true } => "heartbeat",
        _ => "other",
    }
}

/// A kept signal from its columns.
pub(super) fn kept(
    id: uuid::Uuid,
    at: chrono::DateTime<chrono::Utc>,
    frame: i64,
    turn: i64,
    event: &str,
) -> Result<Kept, PortError> {
    let (frame, turn) = (crate::row::number("frame_id", frame)?, crate::row::number("turn", turn)?);
    Ok(Kept { id, at, signal: Signal { frame, turn, event: read("event", event)? } })
}

/// Reads a status.
pub(super) fn status(text: &str) -> Result<Status, PortError> {
    Status::parse(text).ok_or_else(|| PortError::corrupt(format!("column status: {text:?} is no status")))
}

/// As `above_tells` holds it.
pub(super) fn tells_text(tells: Tells) -> &'static str {
    match tells {
        Tells::Map => "map",
        Tells::Sync => "sync",
        Tells::SyncJson => "sync_json",
    }
}

/// What [`tells_text`] wrote.
pub(super) fn tells(text: &str) -> Result<Tells, PortError> {
    match text {
        "map" => Ok(Tells::Map),
        "sync" => Ok(Tells::Sync),
        "sync_json" => Ok(Tells::SyncJson),
        other => Err(PortError::corrupt(format!("column above_tells: {other:?} is not known"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_values_are_looked_for_as_equal_texts() {
        let value = |value: Value| attribute("a", &value).map(|(_, value)| value);
        assert_eq!(value(json!(1)), value(json!(1.0)));
        assert_eq!(value(json!(-3)), value(json!(-3e0)));
        assert_eq!(value(json!(-0.0)), value(json!(0)));
        assert_eq!(value(json!(1.5)).unwrap(), "1.5");
        assert_eq!(value(json!(1e300)), value(serde_json::from_str("10E+299").unwrap()));
        assert_eq!(value(json!(u64::MAX)).unwrap(), u64::MAX.to_string());
        assert_ne!(value(json!("1")), value(json!(1)));
        assert_ne!(value(json!("true")), value(json!(true)));
        assert_eq!(value(json!("a\0b")).unwrap(), r#""a\u0000b""#);
        assert_eq!(value(json!({})), None);
        assert_eq!(attribute("a\0", &json!(true)).unwrap().0, "a\u{FFFD}");
    }
}
