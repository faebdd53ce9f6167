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

    /// Addresses at `x.org` stand where people's text does; `keep@y.net` stands where it must be left.
    fn redacted(dialect: Dialect, body: &Value) -> (String, Redactions) {
        let (mut body, mut map) = (body.as_object().unwrap().clone(), Redactions::new());
        redact_body(dialect, &mut body, &Redactor::new(&["email", "credit_card"]), &mut map);
        (Value::Object(body).to_string(), map)
    }

    fn check(dialect: Dialect, body: &Value, expected: &[&str]) {
        let before = body.to_string();
        let (after, map) = redacted(dialect, body);
        assert_eq!(after.matches("keep@y.net").count(), before.matches("keep@y.net").count(), "{after}");
        for letter in 'a'..='z' {
            assert!(!after.contains(&format!("\"{letter}@x.org")), "{letter} in {after}");
        }
        let mut found: Vec<String> = ('a'..='z')
            .map(|letter| format!("{letter}@x.org"))
            .filter(|address| before.contains(address.as_str()))
            .collect();
        found.retain(|address| !after.contains(address.as_str()));
        assert_eq!(found, expected, "{after}");
        assert_eq!(map.restore(&after).replace("4111111111111111", ""), before.replace("4111111111111111", ""));
        let list = BlockList::new(&["secret"]);
        for address in expected {
            let other = before.replace(address, "secret");
            let other: Value = serde_json::from_str(&other).unwrap();
            assert_eq!(find_in_body(dialect, other.as_object().unwrap(), &list), Some("secret"), "{address}");
        }
        let elsewhere: Value = serde_json::from_str(&before.replace("keep@y.net", "secret")).unwrap();
        assert_eq!(find_in_body(dialect, elsewhere.as_object().unwrap(), &list), None);
    }

    #[test]
    fn chat_is_changed_where_people_speak_and_nowhere_else() {
        let body = json!({
            "model": "keep@y.net", "user": "keep@y.net", "metadata": {"a": "keep@y.net"}, "stop": ["keep@y.net"],
            "messages": [
                {"role": "system", "name": "keep@y.net", "content": "a@x.org"},
                {"role": "user", "content": [
                    {"type": "text", "text": "b@x.org"},
                    {"type": "image_url", "image_url": {"url": "https://keep@y.net/"}},
                    {"type": "file", "file": {"filename": "keep@y.net", "file_data": "keep@y.net"}}]},
                {"role": "assistant", "content": null, "refusal": "c@x.org", "tool_calls": [
                    {"id": "keep@y.net", "type": "function", "function": {"name": "keep@y.net", "arguments": "{\"k\":\"d@x.org\"}"}},
                    {"id": "2", "type": "custom", "custom": {"name": "keep@y.net", "input": "e@x.org"}}]},
                {"role": "assistant", "function_call": {"name": "keep@y.net", "arguments": "not JSON: f@x.org"}},
                {"role": "tool", "tool_call_id": "keep@y.net", "content": "g@x.org"}],
            "prediction": {"type": "content", "content": "h@x.org"},
            "tools": [{"type": "function", "function": {"name": "f", "description": "keep@y.net",
                "parameters": {"properties": {"x": {"description": "keep@y.net"}}}}}],
        });
        let expected = ["a@x.org", "b@x.org", "c@x.org", "d@x.org", "e@x.org", "f@x.org", "g@x.org", "h@x.org"];
        check(Dialect::Chat, &body, &expected);
        // Embeddings: a text, or several.
        check(Dialect::Chat, &json!({"input": "a@x.org", "model": "keep@y.net"}), &["a@x.org"]);
        check(Dialect::Chat, &json!({"input": ["a@x.org", "b@x.org"], "user": "keep@y.net"}), &["a@x.org", "b@x.org"]);
        assert_eq!(redacted(Dialect::Chat, &json!({"input": [1, 2]})).0, r#"{"input":[1,2]}"#);
    }

    #[test]
    fn responses_is_changed_where_people_speak_and_nowhere_else() {
        let body = json!({
            "instructions": "a@x.org", "previous_response_id": "keep@y.net",
            "prompt": {"id": "keep@y.net", "variables": {"city": "b@x.org", "keep@y.net": {"type": "input_text", "text": "c@x.org"}}},
            "input": [
                {"role": "user", "content": "d@x.org"},
                {"type": "message", "id": "keep@y.net", "role": "assistant", "content": [
                    {"type": "output_text", "text": "e@x.org", "annotations": [{"url": "keep@y.net"}]},
                    {"type": "refusal", "refusal": "f@x.org"}]},
                {"type": "function_call", "call_id": "keep@y.net", "name": "keep@y.net", "arguments": "{\"k\":[\"g@x.org\"]}"},
                {"type": "function_call_output", "call_id": "keep@y.net", "output": "h@x.org"},
                {"type": "function_call_output", "call_id": "1", "output": [{"type": "input_text", "text": "i@x.org"},
                    {"type": "input_image", "image_url": "https://keep@y.net/"}]},
                {"type": "reasoning", "id": "keep@y.net", "summary": [{"type": "summary_text", "text": "keep@y.net"}]},
                {"type": "item_reference", "id": "keep@y.net"}],
        });
        let expected =
            ["a@x.org", "b@x.org", "c@x.org", "d@x.org", "e@x.org", "f@x.org", "g@x.org", "h@x.org", "i@x.org"];
        check(Dialect::Responses, &body, &expected);
        check(Dialect::Responses, &json!({"input": "a@x.org", "model": "keep@y.net"}), &["a@x.org"]);
    }

    #[test]
    fn messages_is_changed_where_people_speak_and_nowhere_else() {
        let body = json!({
            "system": [{"type": "text", "text": "a@x.org", "cache_control": {"type": "ephemeral"}}],
            "metadata": {"user_id": "keep@y.net"},
            "messages": [
                {"role": "user", "content": "b@x.org"},
                {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": "keep@y.net", "signature": "keep@y.net"},
                    {"type": "tool_use", "id": "keep@y.net", "name": "keep@y.net", "input": {"keep@y.net": ["c@x.org"]}}]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "keep@y.net", "content": [
                        {"type": "text", "text": "d@x.org"},
                        {"type": "document", "title": "e@x.org", "context": "f@x.org",
                         "source": {"type": "text", "media_type": "text/plain", "data": "g@x.org"}},
                        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "h@x.org"}]}}]},
                    {"type": "search_result", "source": "https://keep@y.net/", "title": "i@x.org",
                     "content": [{"type": "text", "text": "j@x.org"}]},
                    {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "keep@y.net"}},
                    {"type": "image", "source": {"type": "url", "url": "https://keep@y.net/"}}]}],
            "tools": [{"name": "keep@y.net", "input_schema": {"description": "keep@y.net"}}],
        });
        let expected = [
            "a@x.org", "b@x.org", "c@x.org", "d@x.org", "e@x.org", "f@x.org", "g@x.org", "h@x.org", "i@x.org",
            "j@x.org",
        ];
        check(Dialect::Messages, &body, &expected);
    }

    #[test]
    fn arguments_stay_json_and_escapes_hide_nothing() {
        let body = |arguments: &str| json!({"messages": [{"role": "assistant", "tool_calls": [{"function": {"arguments": arguments}}]}]});
        let (after, map) =
            redacted(Dialect::Chat, &body("{ \"card\": 4111111111111111, \"to\": \"a\\u0040x.org\", \"n\": 1.5 }"));
        assert_eq!(map.count(), 2);
        let after: Value = serde_json::from_str(&after).unwrap();
        let arguments = after["messages"][0]["tool_calls"][0]["function"]["arguments"].as_str().unwrap();
        assert_eq!(arguments, r#"{"card":"<CREDIT_CARD_1>","to":"<EMAIL_1>","n":1.5}"#);
        // Nothing to replace: letter by letter as it came.
        let clean = body("{ \"a\" : 1 }");
        assert_eq!(redacted(Dialect::Chat, &clean).0, clean.to_string());
        let hidden = body("{\"a\": \"\\u0066alcon\"}");
        let list = BlockList::new(&["falcon"]);
        assert_eq!(find_in_body(Dialect::Chat, hidden.as_object().unwrap(), &list), Some("falcon"));
    }

    #[test]
    fn a_body_of_another_shape_is_left_alone() {
        for body in [
            json!({"messages": "a@x.org"}),
            json!({"messages": [1, null, "a@x.org", {"content": {"text": "a@x.org"}}]}),
            json!({"messages": {"content": "a@x.org"}}),
        ] {
            for dialect in [Dialect::Chat, Dialect::Responses, Dialect::Messages] {
                assert_eq!(redacted(dialect, &body).0, body.to_string());
            }
        }
    }
}
