//! Answers that must be JSON: by schema, by an example in the prompt, or free.

use serde_json::{Map, Value, json};

use super::extract::{self, Sentence};
use super::fill::{Optional, fill};
use super::material::Material;
use super::outline;
use crate::prompt::{Message, Prompt, Role};

/// Items of a list that the request does not size.
const ITEMS: usize = 3;

/// Sentences that are offered to the form.
const PROSE: usize = 12;

/// A value that satisfies the schema, filled with what the prompt says.
pub(super) fn by_schema(schema: &Value, prompt: &Prompt, sentences: &[Sentence]) -> Value {
    let question = extract::focus(&prompt.question());
    let mut material = Material::of(&question);
    let lower = material.lower.clone();
    let speaks_of_sections = lower.contains("section") || lower.contains("outline");
    material.items = if speaks_of_sections { outline::sections_asked(&lower) } else { ITEMS };
    material.prose = extract::best(sentences, &question, PROSE).iter().map(Sentence::cited).collect();
    if material.prose.is_empty() {
        material.prose.push_back(super::compose::plain(&question));
    }
    material.headings.push_back(outline::title(&question, sentences));
    material.headings.extend(outline::headings(sentences, material.items * 2));
    fill(schema, &mut material, Optional::Always)
}

/// Any JSON object: shaped as the example or the schema that the prompt shows, an outline, or `{"answer"}`.
pub(super) fn free(prompt: &Prompt, sentences: &[Sentence]) -> Value {
    if let Some(shape) = shown(prompt) {
        return by_schema(&shape, prompt, sentences);
    }
    let question = extract::focus(&prompt.question());
    if question.to_lowercase().contains("outline") {
        return outline::json(&question, sentences);
    }
    let best = extract::best(sentences, &question, ITEMS);
    let answer = if best.is_empty() { super::compose::plain(&question) } else { extract::paragraph(&best) };
    json!({"answer": answer})
}

/// The schema of the first JSON object in the system text or in the question.
fn shown(prompt: &Prompt) -> Option<Value> {
    let system = prompt.messages.iter().filter(|message| message.role == Role::System).map(Message::joined);
    std::iter::once(extract::focus(&prompt.question())).chain(system).find_map(|text| {
        let mut rest = text.as_str();
        while let Some(at) = rest.find('{') {
            let mut values = serde_json::Deserializer::from_str(&rest[at..]).into_iter::<Value>();
            if let Some(Ok(Value::Object(object))) = values.next()
                && !object.is_empty()
            {
                return Some(schema_of(&Value::Object(object)));
            }
            rest = &rest[at + 1..];
        }
        None
    })
}

/// The schema of an example; an example that is a schema is taken as it is.
fn schema_of(example: &Value) -> Value {
    match example {
        Value::Object(object)
            if object.contains_key("properties") && object.get("type").is_some_and(Value::is_string) =>
        {
            example.clone()
        }
        Value::Object(object) => {
            let properties: Map<String, Value> =
                object.iter().map(|(name, value)| (name.clone(), schema_of(value))).collect();
            json!({"type": "object", "properties": properties, "required": object.keys().collect::<Vec<_>>()})
        }
        Value::Array(items) => json!({"type": "array", "items": items.first().map_or_else(|| json!({}), schema_of)}),
        Value::Number(number) if number.is_f64() => json!({"type": "number"}),
        Value::Number(_) => json!({"type": "integer"}),
        Value::Bool(_) => json!({"type": "boolean"}),
        Value::Null => json!({"type": "null"}),
        Value::String(_) => json!({"type": "string"}),
    }
}
