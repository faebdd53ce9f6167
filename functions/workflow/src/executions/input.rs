//! What executions and tasks are given and answer: JSON as text.

use crate::protocol::{Fault, Name};
use octavo_domain_workflow::scope::{NESTING_MAX, nests_too_deep};
use serde_json::{Map, Value};

/// The longest input or output, in bytes of UTF-8: the service's own.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 262_144;
/// The longest error, in characters.
const ERROR_CHARS_MAX: usize = 256;
/// The longest cause, in characters.
const CAUSE_CHARS_MAX: usize = 32_768;

/// The input of a start: a text of JSON; left out it is `{}`.
pub(crate) fn execution_input(text: Option<&str>) -> Result<Value, Fault> {
    let Some(text) = text else { return Ok(Value::Object(Map::new())) };
    not_longer("input", text)?;
    parse(text).map_err(|reason| {
        Fault::new(Name::InvalidExecutionInput, format!("Invalid State Machine Execution Input: '{reason}'"))
    })
}

/// The output of a task.
pub(crate) fn task_output(text: &str) -> Result<Value, Fault> {
    not_longer("output", text)?;
    parse(text).map_err(|reason| Fault::new(Name::InvalidOutput, format!("Invalid Output: '{reason}'")))
}

/// The error and the cause of a task that failed, or of an execution that is stopped.
pub(crate) fn error_and_cause(error: Option<&String>, cause: Option<&String>) -> Result<(), Fault> {
    for (member, text, limit) in [("error", error, ERROR_CHARS_MAX), ("cause", cause, CAUSE_CHARS_MAX)] {
        if text.is_some_and(|text| text.len() > limit && text.chars().count() > limit) {
            return Err(too_long(member, limit));
        }
    }
    Ok(())
}

/// Refuses a payload that is too long. Its value is not told: it may be anybody's secret, and it is long.
pub(crate) fn not_longer(member: &str, text: &str) -> Result<(), Fault> {
    if text.len() > PAYLOAD_BYTES_MAX { Err(too_long(member, PAYLOAD_BYTES_MAX)) } else { Ok(()) }
}

fn too_long(member: &str, limit: usize) -> Fault {
    Fault::validation(format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: \
         Member must have length less than or equal to {limit}"
    ))
}

fn parse(text: &str) -> Result<Value, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if nests_too_deep(&value) {
        return Err(format!("the JSON nests more than {NESTING_MAX} deep"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_no_json_is_told_why() {
        assert_eq!(execution_input(None).unwrap(), json!({}));
        assert_eq!(execution_input(Some("[1, \"a\"]")).unwrap(), json!([1, "a"]));
        let deep = format!("{}{}", "[".repeat(101), "]".repeat(101));
        for text in ["", "{", "{} x", "nul", deep.as_str()] {
            let fault = execution_input(Some(text)).unwrap_err();
            assert_eq!(fault.name, Name::InvalidExecutionInput, "{text}");
            assert!(fault.to_string().starts_with("Invalid State Machine Execution Input: '"), "{fault}");
        }
        assert_eq!(task_output("{").unwrap_err().name, Name::InvalidOutput);
    }

    #[test]
    fn what_is_too_long_is_named_and_not_shown() {
        let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
        execution_input(Some(&text(PAYLOAD_BYTES_MAX))).unwrap();
        let fault = execution_input(Some(&text(PAYLOAD_BYTES_MAX + 1))).unwrap_err();
        assert_eq!(fault.name, Name::ValidationException);
        assert!(fault.to_string().contains("Value at 'input' failed") && fault.to_string().len() < 200);
        let long = "ä".repeat(257);
        assert!(error_and_cause(Some(&"ä".repeat(256)), Some(&long)).is_ok());
        assert!(error_and_cause(Some(&long), None).unwrap_err().to_string().contains("'error'"));
    }
}
