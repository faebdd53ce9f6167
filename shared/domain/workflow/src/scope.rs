//! What an expression may see, and how its failure is said.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// The names of the errors that the values' rules raise.
pub mod error {
    /// A path found nothing, a value had a wrong type, a choice compared what cannot be compared.
    pub const RUNTIME: &str = "States.Runtime";
    /// An intrinsic function refused its arguments.
    pub const INTRINSIC_FAILURE: &str = "States.IntrinsicFailure";
    /// A JSONata expression failed, answered nothing, or answered a wrong type.
    pub const QUERY_EVALUATION: &str = "States.QueryEvaluationError";
    /// A `ResultPath` cannot be applied to the state's input.
    pub const RESULT_PATH_MATCH: &str = "States.ResultPathMatchFailure";
}

/// How deep a value may nest. What nests deeper could be written as JSON but not read again (the reader stops at 128),
/// and would use up the stack of whoever walks through it.
pub const NESTING_MAX: usize = 100;

/// Whether a value nests deeper than [`NESTING_MAX`]. Looks no deeper than that itself.
pub fn nests_too_deep(value: &Value) -> bool {
    fn deeper(value: &Value, left: usize) -> bool {
        match value {
            Value::Array(items) => left == 0 || items.iter().any(|item| deeper(item, left - 1)),
            Value::Object(fields) => left == 0 || fields.values().any(|field| deeper(field, left - 1)),
            _ => false,
        }
    }
    deeper(value, NESTING_MAX)
}

/// Everything that an expression of a state may refer to. Time and chance are part of it, so that evaluating twice
/// with the same scope answers the same.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The state's input: `$` in JSONPath (after `InputPath`), `$states.input` in JSONata.
    pub input: &'a Value,
    /// The context object: `$$` and `$states.context`.
    pub context: &'a Value,
    /// The variables that are visible: `$name` in both languages.
    pub variables: &'a Map<String, Value>,
    /// What the state's work answered: `$states.result`. JSONPath knows no such name: there it is the input.
    pub result: Option<&'a Value>,
    /// The error that is being caught: `$states.errorOutput`.
    pub error: Option<&'a Value>,
    /// Draws the next random number, evenly over all of `u64`.
    pub chance: &'a dyn Fn() -> u64,
    /// The moment of the evaluation: `$now()` and `$millis()` do not move while an expression is evaluated.
    pub now: DateTime<Utc>,
}

/// An expression failed. The caller puts "An error occurred while executing the state ... (entered at the event id
/// #...). " before the cause: only it knows the state and the event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {cause}")]
pub struct Failure {
    /// The error's name as `Retry` and `Catch` match it, for example `States.Runtime`.
    pub error: String,
    /// What went wrong, one or more sentences.
    pub cause: String,
    /// The field, as the history's `EvaluationFailed` names it, for example `Output/total`; only for JSONata.
    pub location: Option<String>,
}

impl Failure {
    /// A failure without a location.
    pub fn new(error: &str, cause: impl Into<String>) -> Self {
        Self { error: error.to_owned(), cause: cause.into(), location: None }
    }

    /// A `States.Runtime` failure.
    pub fn runtime(cause: impl Into<String>) -> Self {
        Self::new(error::RUNTIME, cause)
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use serde_json::json;
    use std::cell::Cell;

    #[test]
    fn nesting_is_bounded() {
        let mut value = json!(1);
        for _ in 0..NESTING_MAX {
            value = json!([value]);
        }
        assert!(!nests_too_deep(&value));
        assert!(nests_too_deep(&json!({"a": value})));
    }

    /// Owns what a scope borrows. Chance counts up, so that tests repeat.
    pub(crate) struct Fixture {
        input: Value,
        context: Value,
        variables: Map<String, Value>,
        result: Option<Value>,
        chance: Box<dyn Fn() -> u64>,
    }

    impl Fixture {
        pub(crate) fn new(input: Value) -> Self {
            let drawn = Cell::new(0_u64);
            let chance = move || {
                drawn.set(drawn.get() + 1);
                drawn.get().wrapping_mul(0x9E37_79B9_7F4A_7C15)
            };
            Self { input, context: json!({}), variables: Map::new(), result: None, chance: Box::new(chance) }
        }

        pub(crate) fn context(mut self, context: Value) -> Self {
            self.context = context;
            self
        }

        pub(crate) fn variable(mut self, name: &str, value: Value) -> Self {
            self.variables.insert(name.to_owned(), value);
            self
        }

        pub(crate) fn result(mut self, result: Value) -> Self {
            self.result = Some(result);
            self
        }

        pub(crate) fn scope(&self) -> Scope<'_> {
            Scope {
                input: &self.input,
                context: &self.context,
                variables: &self.variables,
                result: self.result.as_ref(),
                error: None,
                chance: &*self.chance,
                now: DateTime::from_timestamp_millis(1_700_000_000_123).unwrap_or_default(),
            }
        }
    }
}
