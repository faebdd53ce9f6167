//! The conversation, for a provider.

use crate::{File, Image, Message, Part, Prompt, Role};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// Said by the user where a conversation is empty or begins with the assistant: Anthropic wants the user first.
const OPENING: &str = "(The conversation begins here.)";

/// The turns, in turns: user, assistant, user. Never none, never the assistant first.
pub(super) fn messages(prompt: &Prompt) -> Vec<Value> {
    let mut turns: Vec<(Role, Vec<Value>)> = Vec::with_capacity(prompt.messages.len() + 1);
    for Message { role, content } in &prompt.messages {
        let blocks: Vec<Value> = content.iter().filter_map(block).collect();
        if blocks.is_empty() {
            continue;
        }
        match turns.last_mut() {
            Some((last, earlier)) if last == role => earlier.extend(blocks),
            _ => turns.push((*role, blocks)),
        }
    }
    if turns.first().is_none_or(|(role, _)| *role == Role::Assistant) {
        turns.insert(0, (Role::User, vec![json!({"type": "text", "text": OPENING})]));
    }
    if let Some((Role::Assistant, blocks)) = turns.last_mut() {
        trim_end(blocks);
    }
    turns.into_iter().map(|(role, blocks)| turn(role, blocks)).collect()
}

fn turn(role: Role, mut blocks: Vec<Value>) -> Value {
    let role = match role {
        Role::User => {
            // A stable sort: results first, and everything else in its order.
            blocks.sort_by_key(|block| block["type"] != "tool_result");
            "user"
        }
        Role::Assistant => "assistant",
    };
    // Not `json!`: it would copy the blocks, and with them every picture.
    let mut map = Map::new();
    map.insert("role".to_owned(), json!(role));
    map.insert("content".to_owned(), blocks.into());
    map.into()
}

/// What the model is to continue must not end in blank space.
fn trim_end(blocks: &mut [Value]) {
    let last = blocks.last_mut().and_then(|block| block.get_mut("text"));
    if let Some(Value::String(text)) = last {
        text.truncate(text.trim_end().len());
    }
}

/// The texts among the parts that are not blank.
pub(super) fn text_blocks(parts: &[Part]) -> Vec<Value> {
    parts.iter().filter(|part| matches!(part, Part::Text { .. })).filter_map(block).collect()
}

/// A part as a block; none where Anthropic would refuse it.
fn block(part: &Part) -> Option<Value> {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } if text.trim().is_empty() => None,
        Part::Text { text, cache: true } => {
            Some(json!({"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}))
        }
        Part::Text { text, cache: false } | Part::Refusal { text } => Some(json!({"type": "text", "text": text})),
        Part::Image(Image::Url { url, .. }) => Some(json!({"type": "image", "source": {"type": "url", "url": url}})),
        Part::Image(Image::Data { media_type, base64, .. }) => Some(picture(media_type, base64)),
        Part::File(File { media_type, base64, .. }) if media_type.starts_with("image/") => {
            Some(picture(media_type, base64))
        }
        Part::File(file) => Some(document(file)),
        Part::ToolCall { id, name, arguments } => {
            Some(json!({"type": "tool_use", "id": call_id(id), "name": name, "input": tool_input(arguments)}))
        }
        Part::ToolResult { call_id: id, content, is_error } => {
            let mut map = Map::new();
            map.insert("type".to_owned(), json!("tool_result"));
            map.insert("tool_use_id".to_owned(), json!(call_id(id)));
            let blocks: Vec<Value> = content.iter().filter_map(block).collect();
            if !blocks.is_empty() {
                map.insert("content".to_owned(), blocks.into());
            }
            if *is_error {
                map.insert("is_error".to_owned(), json!(true));
            }
            Some(map.into())
        }
        Part::Reasoning { text, signature: Some(signature) } => {
            Some(json!({"type": "thinking", "thinking": text, "signature": signature}))
        }
        Part::Reasoning { signature: None, .. } => None,
        Part::RedactedReasoning { data } => Some(json!({"type": "redacted_thinking", "data": data})),
    }
}

fn picture(media_type: &str, base64: &str) -> Value {
    json!({"type": "image", "source": {"type": "base64", "media_type": media_type, "data": base64}})
}

fn document(file: &File) -> Value {
    let text = file.media_type.starts_with("text/").then(|| STANDARD.decode(&file.base64).ok()).flatten();
    let source = match text.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) => json!({"type": "text", "media_type": "text/plain", "data": text}),
        None => json!({"type": "base64", "media_type": file.media_type, "data": file.base64}),
    };
    let mut map = Map::new();
    map.insert("type".to_owned(), json!("document"));
    if let Some(name) = &file.name {
        map.insert("title".to_owned(), json!(name));
    }
    map.insert("source".to_owned(), source);
    map.into()
}

/// A call's id with what Anthropic refuses in one (all but letters, digits, `_` and `-`) replaced by `_`.
fn call_id(id: &str) -> Cow<'_, str> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !id.is_empty() && id.chars().all(allowed) {
        return Cow::Borrowed(id);
    }
    let replaced: String = id.chars().map(|letter| if allowed(letter) { letter } else { '_' }).collect();
    Cow::Owned(if replaced.is_empty() { "_".to_owned() } else { replaced })
}

/// A call's arguments as an object. None are `{}`; JSON of another kind is put under `value`, what is not JSON under
/// `arguments`.
pub(super) fn tool_input(arguments: &str) -> Value {
    if arguments.trim().is_empty() {
        return json!({});
    }
    match serde_json::from_str(arguments) {
        Ok(Value::Object(map)) => Value::Object(map),
        Ok(value) => json!({"value": value}),
        Err(_) => json!({"arguments": arguments}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_always_an_object() {
        assert_eq!(tool_input(" "), json!({}));
        assert_eq!(tool_input("{\"a\":1}"), json!({"a": 1}));
        assert_eq!(tool_input("[1]"), json!({"value": [1]}));
        assert_eq!(tool_input("{\"a\":"), json!({"arguments": "{\"a\":"}));
    }

    #[test]
    fn files_by_their_kind() {
        let file = |media_type: &str, base64: &str| {
            block(&Part::File(File { name: Some("n".into()), media_type: media_type.into(), base64: base64.into() }))
                .unwrap()
        };
        assert_eq!(
            file("text/markdown", "aGk="),
            json!({"type": "document", "title": "n",
                "source": {"type": "text", "media_type": "text/plain", "data": "hi"}})
        );
        assert_eq!(file("application/pdf", "aGk=")["source"]["type"], "base64");
        assert_eq!(file("text/plain", "not base64!")["source"]["type"], "base64");
        assert_eq!(file("image/png", "aGk=")["type"], "image");
    }

    #[test]
    fn an_answer_to_be_continued_has_no_blank_end() {
        let message = |role, text: &str| Message { role, content: vec![Part::text(text)] };
        let messages = messages(&Prompt {
            messages: vec![message(Role::User, "A "), message(Role::Assistant, "B: \n")],
            ..Prompt::default()
        });
        assert_eq!(messages[0]["content"][0]["text"], "A ");
        assert_eq!(messages[1]["content"][0]["text"], "B:");
    }

    #[test]
    fn ids_of_calls_and_their_results_stay_the_same() {
        assert_eq!(call_id("call_aB-9"), "call_aB-9");
        assert_eq!(call_id("functions.f:0"), "functions_f_0");
        assert_eq!(call_id(""), "_");
    }
}
