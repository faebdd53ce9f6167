//! Forms: a JSON Schema that the answers of a decision must satisfy.

use super::invalid;
use crate::Refused;
use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value};

/// Whether the answers are what the form asks for. The first thing that is wrong is named by its place.
pub(super) fn check(schema: &Value, answers: &Map<String, Value>) -> Result<(), Refused> {
    let validator = validator(schema).map_err(|message| invalid("answers", message))?;
    let answers = Value::Object(answers.clone());
    match validator.validate(&answers) {
        Ok(()) => Ok(()),
        Err(error) => Err(invalid(&place(error.instance_path().as_str()), error.to_string())),
    }
}

/// A schema that is read, or what is wrong with it. Nothing is fetched, and no pattern takes more than linear time.
pub(crate) fn validator(schema: &Value) -> Result<Validator, String> {
    if let Some(reference) = foreign_reference(schema) {
        return Err(format!("expected references within the schema (`#/...`), found {reference}"));
    }
    let Value::Object(members) = schema else { return Err("expected a JSON Schema: an object".to_owned()) };
    match members.get("type") {
        None => {}
        Some(Value::String(kind)) if kind == "object" => {}
        Some(_) => return Err("expected the schema of an object".to_owned()),
    }
    jsonschema::options()
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(true)
        .build(schema)
        .map_err(|error| format!("expected a JSON Schema: {error}"))
}

fn foreign_reference(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(members) => members.iter().find_map(|(name, value)| match (name.as_str(), value) {
            ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(to)) if !to.starts_with('#') => Some(to.as_str()),
            _ => foreign_reference(value),
        }),
        Value::Array(values) => values.iter().find_map(foreign_reference),
        _ => None,
    }
}

/// `/lines/0/amount` as `answers.lines[0].amount`.
fn place(pointer: &str) -> String {
    pointer.split('/').skip(1).fold("answers".to_owned(), |place, part| {
        if part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty() {
            return format!("{place}[{part}]");
        }
        format!("{place}.{}", part.replace("~1", "/").replace("~0", "~"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answers(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        let schema = json!({"type": "object", "required": ["lines"], "properties": {"lines": {"type": "array", "items": {
            "type": "object", "properties": {"amount": {"type": "number", "minimum": 0}}}}}});
        assert_eq!(check(&schema, &answers(&json!({"lines": [{"amount": 1}]}))), Ok(()));
        let Err(Refused::Invalid { field, .. }) = check(&schema, &answers(&json!({"lines": [{"amount": -1}]}))) else {
            panic!("it is refused");
        };
        assert_eq!(field, "answers.lines[0].amount");
        let Err(Refused::Invalid { field, .. }) = check(&schema, &Map::new()) else { panic!("it is refused") };
        assert_eq!(field, "answers");
    }

    #[test]
    fn nothing_is_fetched_and_nothing_but_an_object_is_asked_for() {
        let local = json!({"$defs": {"x": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/x"}}});
        assert!(validator(&local).is_ok());
        for bad in [
            json!({"$ref": "https://example.com/schema.json"}),
            json!({"properties": {"a": {"$ref": "file:///etc/passwd"}}}),
            json!({"allOf": [{"$dynamicRef": "other.json#x"}]}),
            json!({"type": "array"}),
            json!({"type": "thing"}),
            json!({"properties": {"a": {"pattern": "("}}}),
            json!({"$schema": "https://example.com/a-dialect"}),
            json!(true),
        ] {
            assert!(validator(&bad).is_err(), "{bad} is none");
        }
    }
}
