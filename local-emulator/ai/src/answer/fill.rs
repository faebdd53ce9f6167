//! A value that satisfies a JSON Schema, filled from a [`Material`].
//!
//! Understood: type (and lists of types), properties, required, enum, const, items, prefixItems, minItems, maxItems,
//! minimum, maximum, exclusiveMinimum, multipleOf, minLength, maxLength, format, anyOf, oneOf, allOf, `$ref` within the
//! schema. A `pattern` is not.

use serde_json::{Map, Number, Value};

use super::material::Material;
use super::words::name_words;

/// A schema may refer to itself: below this depth optional parts are left out and lists are empty.
const DEPTH_MAX: usize = 8;

/// Property names whose texts are short.
const TITLE_NAMES: &[&str] = &["title", "heading", "name", "headline", "topic", "subject", "label"];

/// Property names whose texts are prose.
const PROSE_NAMES: &[&str] = &[
    "answer",
    "body",
    "brief",
    "content",
    "description",
    "detail",
    "explanation",
    "goal",
    "instruction",
    "note",
    "purpose",
    "quote",
    "reason",
    "reasoning",
    "sentence",
    "summary",
    "text",
    "abstract",
    "point",
    "message",
];

/// Which properties of an object are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Optional {
    /// Those too for which the prompt has a value.
    IfMentioned,
    /// All.
    Always,
}

pub(super) fn fill(schema: &Value, material: &mut Material, optional: Optional) -> Value {
    Filler { root: schema, material, optional }.value(schema, "", 0)
}

struct Filler<'a> {
    root: &'a Value,
    material: &'a mut Material,
    optional: Optional,
}

impl Filler<'_> {
    fn value(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        if let Some(target) = schema["$ref"].as_str() {
            let found = target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)).cloned();
            return match found {
                Some(found) if depth <= DEPTH_MAX * 2 => self.value(&found, name, depth + 1),
                _ => Value::Null,
            };
        }
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(values) = schema["enum"].as_array() {
            return self.one_of(values);
        }
        for several in ["anyOf", "oneOf"] {
            if let Some(choices) = schema[several].as_array() {
                // Deep down the way out of a recursion is the null among the choices.
                let wants_null = depth > DEPTH_MAX;
                let chosen = choices.iter().find(|choice| (choice["type"] == "null") == wants_null).or(choices.first());
                return chosen.map_or(Value::Null, |chosen| self.value(chosen, name, depth + 1));
            }
        }
        if let Some(all) = schema["allOf"].as_array() {
            return self.value(&merged(schema, all, self.root), name, depth + 1);
        }
        match type_of(schema) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, name, depth),
            "integer" => integer(self.material.numbers.pop_front(), schema),
            "number" => number(self.material.numbers.pop_front(), schema),
            "boolean" => Value::Bool(name_words(name).iter().any(|word| self.material.lower.contains(word.as_str()))),
            "null" => Value::Null,
            _ => Value::String(bounded(self.string(schema, name), schema)),
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut object = Map::new();
        let none = Map::new();
        for (name, property) in schema["properties"].as_object().unwrap_or(&none) {
            let is_required = required.contains(&name.as_str());
            let given = is_required
                || depth <= DEPTH_MAX && (self.optional == Optional::Always || self.is_mentioned(property, name));
            if given {
                let value = self.value(property, name, depth + 1);
                object.insert(name.clone(), value);
            }
        }
        for name in required {
            if !object.contains_key(name) {
                object.insert(name.to_owned(), Value::String(String::new()));
            }
        }
        Value::Object(object)
    }

    /// Whether the prompt says something for an optional property: its name, or a value of its enumeration.
    fn is_mentioned(&self, schema: &Value, name: &str) -> bool {
        let of_enum = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut words = of_enum.map(str::to_lowercase).chain(name_words(name));
        words.any(|word| !word.is_empty() && self.material.lower.contains(&word))
    }

    fn array(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        let mut items = Vec::new();
        if let Some(first) = schema["prefixItems"].as_array() {
            items.extend(first.iter().map(|item| self.value(item, name, depth + 1)));
        }
        let least = usize_of(schema, "minItems").unwrap_or(0);
        let most = usize_of(schema, "maxItems").unwrap_or(usize::MAX);
        let wanted = if depth > DEPTH_MAX { least } else { self.material.items.clamp(least, most.max(least)) };
        if let Some(item) = schema.get("items").filter(|item| item.is_object()) {
            while items.len() < wanted {
                items.push(self.value(item, name, depth + 1));
            }
        }
        Value::Array(items)
    }

    fn one_of(&self, values: &[Value]) -> Value {
        let mentioned = values.iter().find(|value| match value {
            Value::String(text) => !text.is_empty() && has_word(&self.material.lower, &text.to_lowercase()),
            _ => false,
        });
        mentioned.or(values.first()).cloned().unwrap_or(Value::Null)
    }

    fn string(&mut self, schema: &Value, name: &str) -> String {
        let material = &mut *self.material;
        match schema["format"].as_str() {
            Some("date") => return material.dates.pop_front().unwrap_or_else(|| "1970-01-01".into()),
            Some("date-time") => {
                return format!("{}T00:00:00Z", material.dates.pop_front().unwrap_or_else(|| "1970-01-01".into()));
            }
            Some("uri" | "url") => {
                return material.addresses.pop_front().unwrap_or_else(|| "https://example.com/".into());
            }
            Some("email") => return material.emails.pop_front().unwrap_or_else(|| "nobody@example.com".into()),
            Some("uuid") => return "00000000-0000-4000-8000-000000000000".into(),
            _ => {}
        }
        let words = name_words(name);
        if words.iter().any(|word| word == "date")
            && let Some(date) = material.dates.pop_front()
        {
            return date;
        }
        if words.iter().any(|word| word == "url")
            && let Some(address) = material.addresses.pop_front()
        {
            return address;
        }
        let is = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
        if is(TITLE_NAMES)
            && let Some(heading) = material.headings.pop_front()
        {
            return heading;
        }
        if (is(PROSE_NAMES) || material.names.is_empty())
            && let Some(sentence) = material.prose.pop_front()
        {
            // The last sentence stays, so that no text is empty where there is anything to say.
            if material.prose.is_empty() {
                material.prose.push_back(sentence.clone());
            }
            return sentence;
        }
        material.names.pop_front().unwrap_or_default()
    }
}

/// The first type that is not null; without one, what the other keywords speak of.
fn type_of(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(name) => name,
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or("null"),
        _ if schema.get("properties").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "string",
    }
}

fn merged(schema: &Value, all: &[Value], root: &Value) -> Value {
    let mut merged = schema.clone();
    if let Some(object) = merged.as_object_mut() {
        object.remove("allOf");
    }
    for part in all {
        let part = part["$ref"].as_str().and_then(|target| root.pointer(target.strip_prefix('#')?)).unwrap_or(part);
        merge(&mut merged, part);
    }
    merged
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(from)) => into.extend(from.iter().cloned()),
        (into, from) => *into = from.clone(),
    }
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

fn integer(found: Option<Number>, schema: &Value) -> Value {
    let found =
        found.and_then(|number| number.as_i64().or_else(|| number.as_f64().map(|float| float as i64))).unwrap_or(0);
    let least = schema["minimum"].as_f64().map(|least| least.ceil() as i64);
    let least = least.or(schema["exclusiveMinimum"].as_f64().map(|least| least.floor() as i64 + 1)).unwrap_or(i64::MIN);
    let most = schema["maximum"].as_f64().map(|most| most.floor() as i64);
    let most = most.or(schema["exclusiveMaximum"].as_f64().map(|most| most.ceil() as i64 - 1)).unwrap_or(i64::MAX);
    let value = found.clamp(least, most.max(least));
    match schema["multipleOf"].as_i64().filter(|step| *step > 0) {
        Some(step) if value % step != 0 => ((value.div_euclid(step) + 1) * step).into(),
        _ => value.into(),
    }
}

fn number(found: Option<Number>, schema: &Value) -> Value {
    let least = schema["minimum"].as_f64().or(schema["exclusiveMinimum"].as_f64().map(|least| least + 1.0));
    let most = schema["maximum"].as_f64();
    let value = found.as_ref().and_then(Number::as_f64).unwrap_or(0.0);
    let bounded = value.max(least.unwrap_or(f64::MIN)).min(most.unwrap_or(f64::MAX));
    match found {
        Some(found) if bounded == value => Value::Number(found),
        _ if bounded.fract() == 0.0 && bounded.abs() < 1e15 => (bounded as i64).into(),
        _ => Number::from_f64(bounded).map_or(Value::Null, Value::Number),
    }
}

/// Lengths are in characters (JSON Schema validation, 6.3).
fn bounded(text: String, schema: &Value) -> String {
    let most = usize_of(schema, "maxLength").unwrap_or(usize::MAX);
    let least = usize_of(schema, "minLength").unwrap_or(0);
    let mut text: String = if text.len() > most { text.chars().take(most).collect() } else { text };
    while text.chars().count() < least {
        text.push('x');
    }
    text
}

fn usize_of(schema: &Value, key: &str) -> Option<usize> {
    schema[key].as_u64().and_then(|value| usize::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_come_from_the_prompt() {
        let schema = json!({
            "type": "object",
            "properties": {
                "city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}, "unit": {"enum": ["celsius", "fahrenheit"]},
                "verbose": {"type": "boolean"}, "since": {"type": "string", "format": "date"}, "other": {"type": "string"}
            },
            "required": ["city", "days", "unit"]
        });
        let mut material = Material::of("How is New York for 3 days in Fahrenheit?");
        assert_eq!(
            fill(&schema, &mut material, Optional::IfMentioned),
            json!({"city": "New York", "days": 3, "unit": "fahrenheit"})
        );
        let mut material = Material::of("hello");
        assert_eq!(
            fill(&schema, &mut material, Optional::IfMentioned),
            json!({"city": "", "days": 1, "unit": "celsius"})
        );
    }

    #[test]
    fn recursion_ends_and_references_are_followed() {
        let schema = json!({
            "$ref": "#/$defs/node",
            "$defs": {"node": {"type": "object", "properties": {
                "name": {"type": "string", "minLength": 2}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}
            }, "required": ["name", "children", "next"], "additionalProperties": false}}
        });
        let filled = fill(&schema, &mut Material::of("x"), Optional::Always);
        assert_eq!(filled["name"], "xx");
        assert!(filled["next"]["next"].is_object());
        assert!(filled.to_string().len() < 1_000_000);
    }

    #[test]
    fn bounds_are_kept() {
        let schema = json!({"allOf": [{"type": "object", "properties": {"a": {"type": "number", "minimum": 0.5, "maximum": 0.7}}},
            {"properties": {"b": {"type": ["null", "integer"], "multipleOf": 5, "minimum": 7}, "c": {"type": "array", "minItems": 2, "items": {"const": 1}}}}]});
        let filled = fill(&schema, &mut Material::of("9 11"), Optional::Always);
        assert_eq!(filled, json!({"a": 0.7, "b": 15, "c": [1, 1]}));
    }
}
