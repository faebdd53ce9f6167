//! A whole answer: a provider's into an [`Answer`], and an [`Answer`] for a caller.

use super::chunk::{Body, Turn, finish};
use super::fault::{decode_embedded, protocol};
use super::usage::SentUsage;
use crate::wire::AnswerContext;
use crate::{Answer, Finish, Part, ProviderFault};
use serde_json::{Map, Value, json};

/// Reads the body of a 200. Of several choices the first is read; the usage is that of all.
///
/// # Errors
///
/// What its `error` says, where it has one: some providers fail inside a 200. `Protocol` where it is no JSON or has no
/// choices.
pub fn decode_answer(body: &[u8]) -> Result<Answer, ProviderFault> {
    let read: Body<'_> = serde_json::from_slice(body)
        .map_err(|error| protocol(format!("an answer that is not valid JSON at column {}", error.column())))?;
    if read.is_failure() {
        return Err(decode_embedded(body));
    }
    let (created, usage) = (read.created(), read.usage.as_ref().and_then(|usage| usage.read()));
    let id = read.id.into_text().unwrap_or_default();
    let choice = read.choices.and_then(|choices| choices.into_iter().min_by_key(|choice| choice.index.0));
    let Some(choice) = choice else { return Err(protocol("an answer without choices")) };
    let Some(message) = choice.message else { return Err(protocol("an answer without a message")) };
    let content = content(message, &id);
    let has = |is: fn(&Part) -> bool| content.iter().any(is);
    let has_calls = has(|part| matches!(part, Part::ToolCall { .. }));
    let has_refusal = has(|part| matches!(part, Part::Refusal { .. }));
    Ok(Answer {
        model: read.model.into_text().unwrap_or_default(),
        created,
        finish: choice.finish_reason.as_str().map(|reason| finish(reason, has_calls, has_refusal)),
        stop_sequence: None,
        usage,
        content,
        id,
    })
}

fn content(mut message: Turn<'_>, answer_id: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    parts.extend(message.take_reasoning().map(|text| Part::Reasoning { text, signature: None }));
    let calls = message.take_calls();
    parts.extend(message.content.into_text().map(Part::text));
    parts.extend(message.refusal.into_text().map(|text| Part::Refusal { text }));
    for (index, call) in calls.enumerate() {
        let Some(function) = call.function else { continue };
        let arguments = function.arguments().unwrap_or_default();
        let id = call.id.into_text().unwrap_or_else(|| call_id(index, answer_id));
        parts.push(Part::ToolCall { id, name: function.name.into_text().unwrap_or_default(), arguments });
    }
    parts
}

/// A name for a call that its provider left without one. Unique in a conversation, as results are found by it.
pub(super) fn call_id(index: usize, answer_id: &str) -> String {
    format!("call_{index}_{answer_id}")
}

/// `chat.completion`. Thoughts are sent as `reasoning_content`, as compatible providers do, if they are to be shown.
pub fn encode_answer(answer: &Answer, context: &AnswerContext) -> Value {
    let mut text = None::<String>;
    let mut refusal = None::<String>;
    let mut reasoning = None::<String>;
    let mut calls = Vec::new();
    for part in &answer.content {
        match part {
            Part::Text { text: more, .. } => text.get_or_insert_default().push_str(more),
            Part::Refusal { text: more } => refusal.get_or_insert_default().push_str(more),
            Part::Reasoning { text: more, .. } if context.show_reasoning && !more.is_empty() => {
                reasoning.get_or_insert_default().push_str(more);
            }
            Part::ToolCall { id, name, arguments } => {
                let function = json!({"name": name, "arguments": arguments});
                calls.push(json!({"id": id, "type": "function", "function": function}));
            }
            Part::Reasoning { .. } | Part::RedactedReasoning { .. } => {}
            Part::Image(_) | Part::File(_) | Part::ToolResult { .. } => {}
        }
    }
    // A caller expects a text where the model was silent and wants nothing called.
    if text.is_none() && refusal.is_none() && calls.is_empty() {
        text = Some(String::new());
    }
    let finish_reason = answer.finish.map(|finish| finish_reason(finish, refusal.is_some()));
    let mut message = Map::new();
    message.insert("role".to_owned(), "assistant".into());
    message.insert("content".to_owned(), text.into());
    message.insert("refusal".to_owned(), refusal.into());
    if let Some(reasoning) = reasoning {
        message.insert("reasoning_content".to_owned(), reasoning.into());
    }
    if !calls.is_empty() {
        message.insert("tool_calls".to_owned(), calls.into());
    }
    let mut body = json!({
        "id": context.id,
        "object": "chat.completion",
        "created": context.created,
        "model": context.model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason}],
    });
    if let (Some(usage), Some(members)) = (&answer.usage, body.as_object_mut()) {
        members.insert("usage".to_owned(), json!(SentUsage::from(usage)));
    }
    body
}

/// How this form names the end. A model that declined in words has stopped; one that was stopped from answering was
/// filtered. A turn that its provider paused is not whole, which only `length` says here.
pub(super) fn finish_reason(finish: Finish, has_refusal: bool) -> &'static str {
    match finish {
        Finish::Stop | Finish::StopSequence => "stop",
        Finish::Length | Finish::ContextExceeded | Finish::Pause => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::Refusal if has_refusal => "stop",
        Finish::ContentFilter | Finish::Refusal => "content_filter",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FaultClass, Usage};

    fn decode(body: &Value) -> Result<Answer, ProviderFault> {
        decode_answer(body.to_string().as_bytes())
    }

    #[test]
    fn an_answer_with_everything_is_read() {
        let answer = decode(&json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": "gpt-4.1-2025-04-14",
            "choices": [
                {"index": 1, "message": {"role": "assistant", "content": "second"}, "finish_reason": "stop"},
                {"index": 0, "message": {"role": "assistant", "content": "a \"quoted\" text", "refusal": null,
                    "reasoning_content": "hm", "annotations": [], "tool_calls": [
                        {"id": "call_a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
                        {"type": "function", "function": {"name": "g", "arguments": {"y": 2}}}]},
                 "logprobs": null, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 3}},
            "service_tier": "default", "system_fingerprint": null
        }))
        .unwrap();
        let call = |id: &str, name: &str, arguments: &str| Part::ToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        };
        let expected = [
            Part::Reasoning { text: "hm".to_owned(), signature: None },
            Part::text("a \"quoted\" text"),
            call("call_a", "f", r#"{"x":1}"#),
            call("call_1_chatcmpl-1", "g", r#"{"y":2}"#),
        ];
        assert_eq!(answer.content, expected);
        // OpenAI says `stop` where the caller had named the function.
        assert_eq!(answer.finish, Some(Finish::ToolCalls));
        assert_eq!(answer.usage, Some(Usage { input: 5, cached: 3, output: 2, ..Usage::default() }));
        assert_eq!((answer.created, answer.model.as_str()), (1_700_000_000, "gpt-4.1-2025-04-14"));
    }

    /// Fault 10 of the research page, for a whole answer: a failure inside a 200 is a failure.
    #[test]
    fn fault_10_an_error_inside_a_200_is_no_answer() {
        let fault = decode(&json!({"error": {"message": "busy", "type": "server_error", "code": 503}})).unwrap_err();
        assert_eq!((fault.class, fault.status), (FaultClass::Overloaded, Some(503)));
        let filtered =
            json!({"error": {"code": "content_filter", "message": "filtered", "status": 400}, "choices": []});
        assert_eq!(decode(&filtered).unwrap_err().class, FaultClass::InvalidRequest);
    }

    #[test]
    fn what_is_no_answer_is_a_protocol_fault() {
        for body in ["", "<html>", "{}", r#"{"choices":[]}"#, r#"{"choices":[{"index":0}]}"#, r#"{"choices":7}"#, "[]"]
        {
            assert_eq!(decode_answer(body.as_bytes()).unwrap_err().class, FaultClass::Protocol, "{body}");
        }
    }

    fn context(show_reasoning: bool) -> AnswerContext {
        AnswerContext {
            id: "chatcmpl-octavo".to_owned(),
            model: "claude-sonnet-5-5".to_owned(),
            created: 1_790_000_000,
            stream_usage: false,
            show_reasoning,
        }
    }

    fn claude() -> Answer {
        Answer {
            id: "msg_1".to_owned(),
            content: vec![
                Part::Reasoning { text: "Two cities.".to_owned(), signature: Some("s".to_owned()) },
                Part::RedactedReasoning { data: "r".to_owned() },
                Part::text("Looking "),
                Part::text("it up."),
                Part::ToolCall {
                    id: "toolu_1".to_owned(),
                    name: "weather".to_owned(),
                    arguments: r#"{"city":"Graz"}"#.to_owned(),
                },
            ],
            finish: Some(Finish::ToolCalls),
            usage: Some(Usage { input: 20, cached: 8, cache_write: 2, output: 9, reasoning: 3 }),
            ..Answer::default()
        }
    }

    #[test]
    fn an_answer_is_sent_in_this_form() {
        insta::assert_json_snapshot!(encode_answer(&claude(), &context(true)));
        assert!(encode_answer(&claude(), &context(false))["choices"][0]["message"].get("reasoning_content").is_none());
    }

    #[test]
    fn what_is_not_text_ends_as_this_form_names_it() {
        let ends = |content: Vec<Part>, finish| {
            let answer = Answer { content, finish: Some(finish), ..Answer::default() };
            let sent = encode_answer(&answer, &context(false));
            let choice = &sent["choices"][0];
            (choice["message"]["content"].clone(), choice["finish_reason"].as_str().map(str::to_owned))
        };
        let refused = || vec![Part::Refusal { text: "No.".to_owned() }];
        assert_eq!(ends(refused(), Finish::Refusal), (Value::Null, Some("stop".to_owned())));
        assert_eq!(ends(Vec::new(), Finish::Refusal), ("".into(), Some("content_filter".to_owned())));
        assert_eq!(ends(Vec::new(), Finish::ContextExceeded), ("".into(), Some("length".to_owned())));
    }
}
