//! JSON Schemas of answers as Anthropic takes them: every object closed, and without bounds of numbers and lengths. A
//! bound that is taken out is told to the model in the description instead, so that it is not quite lost.

use serde_json::{Map, Value, json};

/// Schemas nest no deeper here; what is deeper stays as it is.
const DEPTH_MAX: usize = 32;

/// Bounds that structured answers refuse.
const BOUNDS: [&str; 10] = [
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
];

/// The schema as Anthropic takes it.
pub(super) fn accepted(schema: &Value) -> Value {
    let mut schema = schema.clone();
    mend(&mut schema, 0);
    schema
}

fn mend(value: &mut Value, depth: usize) {
    let Some(schema) = value.as_object_mut().filter(|_| depth < DEPTH_MAX) else { return };
    let mut bounds = Map::new();
    for name in BOUNDS {
        if let Some(bound) = schema.shift_remove(name) {
            bounds.insert(name.to_owned(), bound);
        }
    }
    if !bounds.is_empty() {
        let told = Value::Object(bounds).to_string();
        let description = match schema.get("description").and_then(Value::as_str) {
            Some(description) => format!("{description} {told}"),
            None => told,
        };
        schema.insert("description".to_owned(), json!(description));
    }
    if schema.contains_key("properties") || schema.get("type").is_some_and(|kind| kind == "object") {
        schema.insert("additionalProperties".to_owned(), json!(false));
    }
    // Below these the names are the caller's; below the others they are the schema's own.
    for name in ["properties", "$defs", "definitions"] {
        for schema in schema.get_mut(name).and_then(Value::as_object_mut).into_iter().flat_map(|map| map.values_mut()) {
            mend(schema, depth + 1);
        }
    }
    for name in ["anyOf", "oneOf", "allOf", "prefixItems"] {
        for schema in schema.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten() {
            mend(schema, depth + 1);
        }
    }
    if let Some(items) = schema.get_mut("items") {
        mend(items, depth + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_closed_and_bounds_are_told_in_words() {
        let schema = json!({
            "type": "object",
            "properties": {
                "minimum": {"type": "integer", "minimum": 1, "description": "The least."},
                "tags": {"type": "array", "maxItems": 3, "items": {"type": "object", "properties": {}}}
            },
            "required": ["minimum"]
        });
        assert_eq!(
            accepted(&schema),
            json!({
                "type": "object",
                "properties": {
                    "minimum": {"type": "integer", "description": "The least. {\"minimum\":1}"},
                    "tags": {"type": "array", "description": "{\"maxItems\":3}",
                        "items": {"type": "object", "properties": {}, "additionalProperties": false}}
                },
                "required": ["minimum"],
                "additionalProperties": false
            })
        );
    }

    #[test]
    fn a_schema_that_is_taken_stays_as_it_is() {
        let schema = json!({"type": "object", "properties": {"a": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/A"}]}},
            "$defs": {"A": {"enum": [1, 2]}}, "additionalProperties": false});
        assert_eq!(accepted(&schema), schema);
        assert_eq!(accepted(&accepted(&schema)), schema);
    }

    #[test]
    fn depth_is_bounded() {
        let mut schema = json!({"type": "string", "minLength": 1});
        for _ in 0..200 {
            schema = json!({"items": schema});
        }
        assert_eq!(accepted(&schema), schema);
    }
}
