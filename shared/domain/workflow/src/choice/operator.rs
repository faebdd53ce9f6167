//! The 39 operators: 23 comparisons, 16 of which also have a form whose other side is a path.

use super::matching;
use crate::template::Source;
use crate::timestamp;
use serde_json::Value;
use std::cmp::Ordering;

/// The other side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Value(Value),
    Path(Source),
}

impl Operand {
    pub(super) fn flag(&self) -> Option<bool> {
        match self {
            Self::Value(value) => value.as_bool(),
            Self::Path(_) => None,
        }
    }
}

/// The type that both sides must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Number,
    Moment,
    Flag,
}

/// What the order of the two sides must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Ordered(Type, Order),
    StringMatches,
    IsNull,
    IsPresent,
    IsNumeric,
    IsString,
    IsBoolean,
    IsTimestamp,
}

const TYPES: [(&str, Type); 4] =
    [("String", Type::Text), ("Numeric", Type::Number), ("Timestamp", Type::Moment), ("Boolean", Type::Flag)];

const ORDERS: [(&str, Order); 5] = [
    ("Equals", Order::Equal),
    ("LessThan", Order::Less),
    ("LessThanEquals", Order::LessOrEqual),
    ("GreaterThan", Order::Greater),
    ("GreaterThanEquals", Order::GreaterOrEqual),
];

impl Operator {
    /// The operator of a field's name, and whether its other side is a path.
    pub(super) fn named(name: &str) -> Option<(Self, bool)> {
        let operator = match name {
            "StringMatches" => Some(Self::StringMatches),
            "IsNull" => Some(Self::IsNull),
            "IsPresent" => Some(Self::IsPresent),
            "IsNumeric" => Some(Self::IsNumeric),
            "IsString" => Some(Self::IsString),
            "IsBoolean" => Some(Self::IsBoolean),
            "IsTimestamp" => Some(Self::IsTimestamp),
            _ => None,
        };
        if let Some(operator) = operator {
            return Some((operator, false));
        }
        let (name, of_path) = match name.strip_suffix("Path") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let (rest, kind) = TYPES.iter().find_map(|(prefix, kind)| Some((name.strip_prefix(prefix)?, *kind)))?;
        let order = ORDERS.iter().find(|(suffix, _)| *suffix == rest).map(|(_, order)| *order)?;
        if kind == Type::Flag && order != Order::Equal {
            return None;
        }
        Some((Self::Ordered(kind, order), of_path))
    }

    /// Whether a value may stand on the other side.
    pub(super) fn check(self, value: &Value) -> Result<(), &'static str> {
        let (fits, message) = match self {
            Self::Ordered(Type::Text, _) | Self::StringMatches => (value.is_string(), "expected a string"),
            Self::Ordered(Type::Number, _) => (value.is_number(), "expected a number"),
            Self::Ordered(Type::Moment, _) => {
                (moment(value).is_some(), "expected an RFC 3339 timestamp such as 2016-03-14T01:59:00Z")
            }
            _ => (value.is_boolean(), "expected true or false"),
        };
        if fits { Ok(()) } else { Err(message) }
    }

    /// Whether a value compares with another as wanted.
    pub(super) fn holds(self, value: &Value, other: &Value) -> bool {
        let is = |found: bool| other.as_bool() == Some(found);
        match self {
            Self::Ordered(kind, order) => compared(kind, value, other).is_some_and(|found| order.is(found)),
            Self::StringMatches => match (value, other) {
                (Value::String(text), Value::String(pattern)) => matching::matches(text, pattern),
                _ => false,
            },
            Self::IsNull => is(value.is_null()),
            Self::IsPresent => is(true),
            Self::IsNumeric => is(value.is_number()),
            Self::IsString => is(value.is_string()),
            Self::IsBoolean => is(value.is_boolean()),
            Self::IsTimestamp => is(moment(value).is_some()),
        }
    }
}

impl Order {
    fn is(self, found: Ordering) -> bool {
        match self {
            Self::Equal => found.is_eq(),
            Self::Less => found.is_lt(),
            Self::LessOrEqual => found.is_le(),
            Self::Greater => found.is_gt(),
            Self::GreaterOrEqual => found.is_ge(),
        }
    }
}

fn moment(value: &Value) -> Option<chrono::DateTime<chrono::Utc>> {
    value.as_str().and_then(timestamp::parse)
}

/// The order of two values of one type; none when a side has another type.
fn compared(kind: Type, value: &Value, other: &Value) -> Option<Ordering> {
    match kind {
        // By UTF-16 units, as the service's language compares texts.
        Type::Text => Some(value.as_str()?.encode_utf16().cmp(other.as_str()?.encode_utf16())),
        Type::Number => match (value.as_i64(), other.as_i64()) {
            (Some(value), Some(other)) => Some(value.cmp(&other)),
            _ => value.as_f64()?.partial_cmp(&other.as_f64()?),
        },
        Type::Moment => Some(moment(value)?.cmp(&moment(other)?)),
        Type::Flag => Some(value.as_bool()?.cmp(&other.as_bool()?)),
    }
}
