//! Numbers of a state that may be computed: concurrency, tolerated failures, timeouts.

use super::{advance::Turn, enter::shown};
use crate::{
    definition::Count,
    jsonata::{self, Kind},
    scope::{Failure, Scope, error},
    template,
};
use serde_json::Value;

impl Turn<'_> {
    /// A whole number that is not negative.
    pub(super) fn whole(&self, count: &Count, field: &str, scope: &Scope<'_>) -> Result<Option<u64>, Failure> {
        let value = match count {
            Count::None => return Ok(None),
            Count::Given(value) => computed(value, field, scope)?,
            Count::Path(path) => template::read(path, scope)?,
        };
        let whole = value.as_u64().or_else(|| {
            // An expression computes in floating point: 2.0 is whole too.
            let number = value.as_f64()?;
            (number.fract() == 0.0 && (0.0..=9.0e15).contains(&number)).then_some(number as u64)
        });
        whole.map(Some).ok_or_else(|| wrong(count, field, &value, "integer"))
    }

    /// A share of a hundred.
    pub(super) fn percentage(&self, count: &Count, field: &str, scope: &Scope<'_>) -> Result<Option<f64>, Failure> {
        let value = match count {
            Count::None => return Ok(None),
            Count::Given(value) => computed(value, field, scope)?,
            Count::Path(path) => template::read(path, scope)?,
        };
        let number = value.as_f64().ok_or_else(|| wrong(count, field, &value, "float"))?;
        if (0.0..=100.0).contains(&number) {
            return Ok(Some(number));
        }
        Err(Failure::runtime(format!("{field} must be between 0 and 100.")))
    }
}

fn computed(value: &Value, field: &str, scope: &Scope<'_>) -> Result<Value, Failure> {
    match value {
        Value::String(_) => jsonata::fill_as(value, field, Kind::Number, scope),
        _ => Ok(value.clone()),
    }
}

fn wrong(count: &Count, field: &str, value: &Value, kind: &str) -> Failure {
    let shown = shown(value);
    match count {
        Count::Path(path) => Failure::runtime(format!(
            "The {field}Path field refers to value \"{shown}\" which is not a valid {kind}: {path}"
        )),
        _ => {
            let cause = format!("The {field} field cannot be parsed as a valid {kind}: {shown}");
            let mut failure = Failure::new(error::QUERY_EVALUATION, cause);
            failure.location = Some(field.to_owned());
            failure
        }
    }
}
