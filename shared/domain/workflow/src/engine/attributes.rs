//! Search attributes: what a definition declares of its executions, so that they are found by it.

use crate::definition::{Definition, Language};
use crate::jsonata;
use crate::machine::Execution;
use crate::scope::Scope;
use crate::template;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

/// The longest text that is a search attribute, in characters.
pub const ATTRIBUTE_CHARS_MAX: usize = 256;

/// The search attributes of an execution that begins: what the definition declares, evaluated over the input. What cannot be
/// evaluated, and what is neither a text of at most [`ATTRIBUTE_CHARS_MAX`] characters nor a number nor a truth value, is
/// left out: an execution does not fail for how it is found.
pub fn attributes(
    definition: &Definition,
    execution: &Execution,
    chance: &dyn Fn() -> u64,
    now: DateTime<Utc>,
) -> Map<String, Value> {
    let mut attributes = Map::new();
    if definition.search_attributes.is_empty() {
        return attributes;
    }
    let context = json!({
        "Execution": {
            "Id": execution.arn,
            "Input": execution.input,
            "Name": execution.name,
            "RoleArn": execution.role_arn,
            "StartTime": crate::timestamp::written(execution.started_at),
            "RedriveCount": execution.redrive_count,
        },
        "StateMachine": { "Id": execution.machine_arn, "Name": execution.machine_name },
    });
    let variables = Map::new();
    let scope = Scope {
        input: &execution.input,
        context: &context,
        variables: &variables,
        result: None,
        error: None,
        chance,
        now,
    };
    for (name, declared) in &definition.search_attributes {
        let value = match (declared, definition.language) {
            (Value::String(text), Language::JsonPath) if text.starts_with('$') || text.starts_with("States.") => {
                template::evaluate(text, name, &scope).ok()
            }
            (declared, Language::JsonPath) => Some(declared.clone()),
            (declared, Language::Jsonata) => jsonata::fill(declared, name, &scope).ok(),
        };
        attributes.extend(value.filter(is_attribute).map(|value| (name.clone(), value)));
    }
    attributes
}

/// The attributes after the execution's own path has assigned variables; whether they changed. A variable that is no fit
/// value takes the attribute away.
pub(super) fn assign(
    definition: &Definition,
    attributes: &mut Map<String, Value>,
    assigned: &Map<String, Value>,
) -> bool {
    let mut changed = false;
    for (name, value) in assigned.iter().filter(|(name, _)| definition.search_attributes.contains_key(*name)) {
        if is_attribute(value) {
            changed |= attributes.get(name) != Some(value);
            attributes.insert(name.clone(), value.clone());
        } else {
            changed |= attributes.remove(name).is_some();
        }
    }
    changed
}

fn is_attribute(value: &Value) -> bool {
    match value {
        Value::String(text) => text.chars().count() <= ATTRIBUTE_CHARS_MAX,
        Value::Number(_) | Value::Bool(_) => true,
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}
