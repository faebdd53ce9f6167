//! Templates with expressions in them, and how a failure is said.

use super::{convert, engine, shortcut};
use crate::scope::{Failure, NESTING_MAX, Scope, error, nests_too_deep};
use serde_json::{Map, Value};

/// The longest expression, in bytes.
pub const EXPRESSION_BYTES_MAX: usize = 65_536;

/// The JSON type that a field must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `Items`.
    Array,
    /// `Condition`.
    Boolean,
    /// `TimeoutSeconds` and other counts.
    Number,
    /// `Timestamp`, `Error`, `Cause`.
    String,
    /// `Credentials`.
    Object,
}

impl Kind {
    /// The type's name as causes have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Array => "array",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::String => "string",
            Self::Object => "object",
        }
    }

    /// The type of a value; none for null.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Bool(_) => Some(Self::Boolean),
            Value::Number(_) => Some(Self::Number),
            Value::String(_) => Some(Self::String),
            Value::Array(_) => Some(Self::Array),
            Value::Object(_) => Some(Self::Object),
        }
    }
}

/// An expression that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionFault {
    /// JSONata's code, for example `S0201`, where it has one.
    pub code: Option<String>,
    /// What is wrong.
    pub message: String,
}

/// The expression inside `{% ... %}`, without surrounding blanks; none when the text is no expression.
pub fn expression(text: &str) -> Option<&str> {
    text.strip_prefix("{%")?.strip_suffix("%}").map(str::trim)
}

/// Fills a template: every string anywhere inside that is `{% ... %}` is replaced by what it evaluates to.
/// `field` is the name of the state's field, for example `Output`: causes and locations begin with it.
pub fn fill(template: &Value, field: &str, scope: &Scope<'_>) -> Result<Value, Failure> {
    let filled = fill_at(template, field, scope, 0)?;
    if nests_too_deep(&filled) { Err(too_deep(field)) } else { Ok(filled) }
}

fn too_deep(location: &str) -> Failure {
    failed(location, format!("The value of the field '{location}' nests more than {NESTING_MAX} deep"))
}

fn fill_at(template: &Value, location: &str, scope: &Scope<'_>, depth: usize) -> Result<Value, Failure> {
    if depth > NESTING_MAX {
        return Err(too_deep(location));
    }
    match template {
        Value::String(text) => match expression(text) {
            Some(expression) => evaluate(expression, location, scope),
            None => Ok(template.clone()),
        },
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| fill_at(item, &format!("{location}/{index}"), scope, depth + 1))
            .collect(),
        Value::Object(fields) => {
            let mut filled = Map::with_capacity(fields.len());
            for (key, value) in fields {
                filled.insert(key.clone(), fill_at(value, &format!("{location}/{key}"), scope, depth + 1)?);
            }
            Ok(Value::Object(filled))
        }
        constant => Ok(constant.clone()),
    }
}

/// As [`fill`], and the answer must have this type. A text that is no expression is not judged: creation did that.
pub fn fill_as(template: &Value, field: &str, kind: Kind, scope: &Scope<'_>) -> Result<Value, Failure> {
    let filled = fill(template, field, scope)?;
    let Some(expression) = template.as_str().and_then(expression) else { return Ok(filled) };
    if Kind::of(&filled) == Some(kind) {
        return Ok(filled);
    }
    let (wanted, found) = (kind.name(), Kind::of(&filled).map_or("null", Kind::name));
    let cause =
        format!("returned an unexpected result type. Expected '{wanted}', but was '{found}' for value: {filled}");
    Err(failed(field, about(expression, field, &cause)))
}

/// Evaluates one expression (without `{% %}`) for the field at a location.
pub(super) fn evaluate(expression: &str, location: &str, scope: &Scope<'_>) -> Result<Value, Failure> {
    if let Some(named) = shortcut::value(expression, scope) {
        return Ok(named.clone());
    }
    let cause = match engine::evaluate(expression, scope) {
        Ok(convert::Answer::Value(value)) => return Ok(value),
        Ok(convert::Answer::Nothing) => "returned nothing (undefined).".to_owned(),
        Ok(convert::Answer::Unsupported) => "returned an unsupported result type.".to_owned(),
        Err(message) => format!("threw an error during evaluation. {message}"),
    };
    Err(failed(location, about(expression, location, &cause)))
}

fn about(expression: &str, location: &str, cause: &str) -> String {
    format!("The JSONata expression '{expression}' specified for the field '{location}' {cause}")
}

fn failed(location: &str, cause: String) -> Failure {
    Failure { location: Some(location.to_owned()), ..Failure::new(error::QUERY_EVALUATION, cause) }
}

/// Checks at creation that an expression (without `{% %}`) can be read.
pub fn check(expression: &str) -> Result<(), ExpressionFault> {
    engine::read(expression).map(|_| ()).map_err(|message| ExpressionFault {
        code: jsonata_core::evaluator::error_code_prefix(&message).map(str::to_owned),
        message,
    })
}
