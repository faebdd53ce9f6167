//! A caller's request into a prompt.

use super::decode_content::{blocks, text_blocks};
use super::decode_options::{format, reasoning, tool_choice, tools};
use super::fault::THREAD;
use super::read::{Findings, Path, present};
use crate::wire::Decoded;
use crate::{Message, Prompt, Role};
use octavo_domain_kernel::FieldFault;
use serde_json::{Map, Value};

/// Most messages of a request, as Anthropic has it.
const MESSAGES_MAX: usize = 100_000;

/// Members that nobody else can honour. `inference_geo` is among them because it is a promise about where data goes.
const NATIVE_ONLY: [&str; 4] = ["container", "context_management", "inference_geo", "mcp_servers"];

/// Reads a request for `POST /v1/messages`.
///
/// `model`, `max_tokens` (at least 1) and `messages` (1 to 100,000) must be there. A `system` turn amid the conversation
/// is taken into [`Prompt::system`] and named as native only, because its place matters; before it, it is refused, with
/// a hint at the member `system`. Documents of plain text become text. Members that are not known are neither refused
/// nor named: the raw body still has them.
///
/// # Errors
///
/// Everything that is wrong, at most 32 places, each with its path (`messages[1].content[0].source.media_type`).
pub fn decode_request(body: &Map<String, Value>) -> Result<Decoded, Vec<FieldFault>> {
    decode(body, true)
}

/// Reads a request for `POST /v1/messages/count_tokens`: the same, without `max_tokens`.
///
/// # Errors
///
/// As [`decode_request`].
pub fn count_request(body: &Map<String, Value>) -> Result<Decoded, Vec<FieldFault>> {
    decode(body, false)
}

fn decode(body: &Map<String, Value>, answered: bool) -> Result<Decoded, Vec<FieldFault>> {
    let mut found = Findings::default();
    let root = &Path::Root;
    let model = found.required(body, root, "model", "the name of a model", |value| {
        value.as_str().filter(|name| !name.trim().is_empty())
    });
    let positive = |value: &Value| value.as_u64().filter(|tokens| *tokens >= 1);
    let max_tokens = if answered {
        found.required(body, root, "max_tokens", "an integer of at least 1", positive)
    } else {
        found.optional(body, root, "max_tokens", "an integer of at least 1", positive)
    };
    let mut prompt = Prompt {
        system: present(body, "system")
            .map(|system| text_blocks(&mut found, system, &root.member("system")))
            .unwrap_or_default(),
        max_tokens,
        temperature: found.optional(body, root, "temperature", "a number from 0 to 1", unit_interval),
        top_p: found.optional(body, root, "top_p", "a number from 0 to 1", unit_interval),
        top_k: found.optional(body, root, "top_k", "an integer of at least 0", Value::as_u64),
        stop: found.optional(body, root, "stop_sequences", "a list of strings", texts).unwrap_or_default(),
        stream: found.optional(body, root, "stream", "true or false", Value::as_bool).unwrap_or_default(),
        end_user: end_user(&mut found, body),
        tools: tools(&mut found, body),
        reasoning: reasoning(&mut found, body),
        format: format(&mut found, body),
        ..Prompt::default()
    };
    (prompt.tool_choice, prompt.parallel_tool_calls) = tool_choice(&mut found, body);
    messages(&mut found, body, &mut prompt);
    if present(body, THREAD).is_some() {
        // Kept by a provider, a conversation would be one caller's and another's alike behind the same key of ours.
        found.fault(&root.member(THREAD), "conversations are not kept here: send all of it, without `thread`");
    }
    for name in NATIVE_ONLY {
        if present(body, name).is_some_and(|value| value.as_array().is_none_or(|items| !items.is_empty())) {
            found.native_only(&root.member(name));
        }
    }
    match model {
        Some(model) if found.faults.is_empty() => {
            Ok(Decoded { model: model.to_owned(), prompt, native_only: found.native_only })
        }
        _ => Err(found.faults),
    }
}

fn messages(found: &mut Findings, body: &Map<String, Value>, prompt: &mut Prompt) {
    let path = Path::Root.member("messages");
    let expected = "a list of 1 to 100,000 messages";
    let list = found.required(body, &Path::Root, "messages", expected, |value| {
        value.as_array().filter(|items| (1..=MESSAGES_MAX).contains(&items.len()))
    });
    for (index, value) in list.into_iter().flatten().enumerate() {
        let at = path.item(index);
        let Some(message) = found.object(value, &at) else { continue };
        let role = match found.text(message, &at, "role") {
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some("system") if index > 0 => {
                found.native_only(&at.member("role"));
                let content = message.get("content").unwrap_or(&Value::Null);
                prompt.system.extend(text_blocks(found, content, &at.member("content")));
                continue;
            }
            Some("system") => {
                let hint =
                    "expected user or assistant; what the system says goes into the member `system` of the request";
                found.fault(&at.member("role"), hint);
                continue;
            }
            Some(_) => {
                found.fault(&at.member("role"), "expected user or assistant");
                continue;
            }
            None => continue,
        };
        let content = message.get("content").unwrap_or(&Value::Null);
        let content = blocks(found, content, &at.member("content"));
        prompt.messages.push(Message { role, content });
    }
}

fn end_user(found: &mut Findings, body: &Map<String, Value>) -> Option<String> {
    let metadata = found.optional(body, &Path::Root, "metadata", "an object", Value::as_object)?;
    let at = Path::Root.member("metadata");
    found.optional(metadata, &at, "user_id", "a string", Value::as_str).map(str::to_owned)
}

fn unit_interval(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| (0.0..=1.0).contains(number))
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Part;
    use serde_json::json;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    fn faults(value: &Value) -> Vec<(String, String)> {
        decode_request(&map(value)).unwrap_err().into_iter().map(|fault| (fault.field, fault.message)).collect()
    }

    #[test]
    fn the_smallest_request() {
        let decoded = decode_request(&map(&json!({
            "model": "claude-haiku-5-5", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}],
            "nobody_knows_this": {"x": 1}, "service_tier": "auto", "system": null, "mcp_servers": []
        })))
        .unwrap();
        let messages = vec![Message { role: Role::User, content: vec![Part::text("Hi")] }];
        let prompt = Prompt { messages, max_tokens: Some(5), ..Prompt::default() };
        assert_eq!(decoded, Decoded { model: "claude-haiku-5-5".into(), prompt, native_only: vec![] });
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let told = faults(&json!({
            "max_tokens": 0, "temperature": 1.5, "top_k": -1, "stop_sequences": ["a", 5], "stream": "yes",
            "metadata": {"user_id": 7}, "system": [{"type": "image"}],
            "messages": [
                {"role": "system", "content": "Be kind"},
                {"role": "robot", "content": "x"},
                {"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/tiff",
                    "data": "aaaa"}}]},
                {"role": "user"}
            ]
        }));
        let fields: Vec<_> = told.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "model",
                "max_tokens",
                "system[0].type",
                "temperature",
                "top_k",
                "stop_sequences",
                "stream",
                "metadata.user_id",
                "messages[0].role",
                "messages[1].role",
                "messages[2].content[0].source.media_type",
                "messages[3].content",
            ]
        );
        assert!(told[8].1.contains("member `system`"), "{}", told[8].1);
    }

    #[test]
    fn no_messages_are_refused() {
        assert_eq!(faults(&json!({"model": "m", "max_tokens": 1, "messages": []}))[0].0, "messages");
        assert_eq!(faults(&json!({"model": " ", "max_tokens": 1})).len(), 2);
    }

    #[test]
    fn counting_needs_no_max_tokens() {
        let body = map(&json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}));
        assert_eq!(count_request(&body).unwrap().prompt.max_tokens, None);
        assert!(decode_request(&body).is_err());
    }

    #[test]
    fn a_conversation_to_be_kept_is_refused() {
        let body = json!({"model": "m", "max_tokens": 1, "thread": {"type": "create"},
            "messages": [{"role": "user", "content": "Hi"}]});
        let faults = decode_request(&map(&body)).unwrap_err();
        assert_eq!(faults[0].field, "thread");
    }

    #[test]
    fn what_only_anthropic_can_do_is_named() {
        let decoded = decode_request(&map(&json!({
            "model": "m", "max_tokens": 1, "container": {"id": "c"}, "mcp_servers": [{"url": "https://x"}],
            "context_management": {}, "inference_geo": "eu",
            "messages": [
                {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"},
                {"role": "user", "content": "Go on"}, {"role": "system", "content": "Now in French"}
            ]
        })))
        .unwrap();
        assert_eq!(
            decoded.native_only,
            ["messages[3].role", "container", "context_management", "inference_geo", "mcp_servers"]
        );
        assert_eq!(decoded.prompt.system, [Part::text("Now in French")]);
        assert_eq!(decoded.prompt.messages.len(), 3);
    }
}
