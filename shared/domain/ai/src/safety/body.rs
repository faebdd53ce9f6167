//! Personal data and blocked words in a request's body.

use super::places::{Place, change, look};
use super::{BlockList, Redactions, Redactor};
use crate::wire::Dialect;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Replaces personal data in the body of a request, in the places where people's and tools' text stands: the
/// conversation, system text, instructions, input, documents given as text, results of tools, arguments of their calls
/// (numbers in those too). Never in ids, names, roles, schemas, URLs, pictures, files or end users' names. What has not
/// the form's shape is left as it is.
///
/// Thoughts (`thinking`, `reasoning`) are left alone: their signature holds for them letter by letter. Whoever restores an
/// answer must leave its thoughts as they came, so they hold placeholders only and nothing is given away when they are
/// sent back.
pub fn redact_body(dialect: Dialect, body: &mut Map<String, Value>, redactor: &Redactor, map: &mut Redactions) {
    if redactor.is_empty() {
        return;
    }
    change::body(dialect, body, &mut |value, place| match (place, &mut *value) {
        (Place::Json, Value::String(text)) => redact_json(text, redactor, map),
        (Place::Tree, _) => redact_tree(value, redactor, map),
        (_, Value::String(text)) => redact_text(text, redactor, map),
        _ => {}
    });
}

/// The first of the list that the body of a request holds, in the same places.
pub fn find_in_body<'a>(dialect: Dialect, body: &Map<String, Value>, list: &'a BlockList) -> Option<&'a str> {
    if list.is_empty() {
        return None;
    }
    let mut found = None;
    look::body(dialect, body, &mut |value, place| {
        if found.is_none() {
            found = match (place, value) {
                (Place::Tree, value) => find_in_tree(value, list),
                // Escapes in a call's arguments (`\u0066alcon`) hide nothing.
                (Place::Json, Value::String(text)) => match serde_json::from_str::<Value>(text) {
                    Ok(json) => find_in_tree(&json, list),
                    Err(_) => list.find(text),
                },
                (_, Value::String(text)) => list.find(text),
                _ => None,
            };
        }
    });
    found
}

fn redact_text(text: &mut String, redactor: &Redactor, map: &mut Redactions) {
    if let Cow::Owned(safe) = redactor.redact(text, map) {
        *text = safe;
    }
}

/// Arguments are JSON, but a model may have written what is not: that is a text. The text is only written anew where
/// something was replaced.
fn redact_json(text: &mut String, redactor: &Redactor, map: &mut Redactions) {
    match serde_json::from_str::<Value>(text) {
        Ok(mut json) => {
            let before = map.count();
            redact_tree(&mut json, redactor, map);
            if map.count() != before {
                *text = json.to_string();
            }
        }
        Err(_) => redact_text(text, redactor, map),
    }
}

/// serde_json refuses text that is nested deeper than 128, so a recursion ends.
fn redact_tree(value: &mut Value, redactor: &Redactor, map: &mut Redactions) {
    match value {
        Value::String(text) => redact_text(text, redactor, map),
        Value::Array(items) => items.iter_mut().for_each(|item| redact_tree(item, redactor, map)),
        Value::Object(members) => members.iter_mut().for_each(|(_, member)| redact_tree(member, redactor, map)),
        Value::Number(number) => {
            if let Cow::Owned(safe) = redactor.redact(&number.to_string(), map) {
                *value = Value::String(safe);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn find_in_tree<'a>(value: &Value, list: &'a BlockList) -> Option<&'a str> {
    match value {
        Value::String(text) => list.find(text),
        Value::Array(items) => items.iter().find_map(|item| find_in_tree(item, list)),
        Value::Object(members) => members.iter().find_map(|(_, member)| find_in_tree(member, list)),
        Value::Number(_) | Value::Null | Value::Bool(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Every text `@` stands where people's text does, every `id@x.org` where it does not.
    fn redacted(dialect: Dialect, mut body: Value) -> (Value, Redactions) {
        let mut map = Redactions::new();
        redact_body(dialect, body.as_object_mut().unwrap(), &Redactor::new(&["email", "credit_card"]), &mut map);
        (body, map)
    }

    #[test]
    fn a_chat_request_is_changed_where_people_speak_and_nowhere_else() {
        let (body, map) = redacted(
            Dialect::Chat,
            json!({
                "model": "id@x.org", "user": "id@x.org", "metadata": {"a": "id@x.org"},
                "messages": [
                    {"role": "system", "name": "id@x.org", "content": "to a@x.org"},
                    {"role": "user", "content": [
                        {"type": "text", "text": "b@x.org, a@x.org"},
                        {"type": "image_url", "image_url": {"url": "https://id@x.org/"}},
                        {"type": "file", "file": {"filename": "id@x.org", "file_data": "id@x.org"}}]},
                    {"role": "assistant", "content": null, "refusal": "c@x.org", "tool_calls": [
                        {"id": "id@x.org", "type": "function",
                         "function": {"name": "id@x.org", "arguments": "{\"id@x.org\": [\"d\\u0040x.org\", 4111111111111111]}"}},
                        {"id": "2", "type": "custom", "custom": {"name": "id@x.org", "input": "e@x.org"}}]},
                    {"role": "tool", "tool_call_id": "id@x.org", "content": "f@x.org"}],
                "tools": [{"type": "function", "function": {"name": "f", "description": "id@x.org",
                    "parameters": {"properties": {"x": {"description": "id@x.org"}}}}}],
            }),
        );
        insta::assert_json_snapshot!(body, @r#""#);
        assert_eq!(map.count(), 8);
    }
}
