//! The answers of `POST /messages` and `POST /messages/count_tokens`.

use hyper::header::HeaderMap;
use serde_json::{Value, json};

use super::{headers, request, stream};
use crate::answer::{Answer, Content, Finish, compose};
use crate::app::Call;
use crate::failure::Failure;
use crate::reply::{Reply, Usage};

/// What a thinking block is signed with: deterministic, and of the form of base64.
pub(super) const SIGNATURE: &str = "T2N0YXZvIGVtdWxhdG9yOiBub2JvZHkgc2lnbmVkIHRoaXMu";

/// `POST /messages`.
pub(crate) fn messages(call: &Call<'_>, request_headers: &HeaderMap, body: &Value) -> Result<Reply, Failure> {
    let request = request::read(call, request_headers, body)?;
    let answer = compose(&request.prompt);
    let usage = call.usage(&request.prompt, answer.output_tokens, answer.reasoning_tokens, request.marks_cache);
    let headers = headers::of(call, usage, false);
    if request.stream {
        return Ok(Reply::events(headers, stream::events(call, &answer, usage)).with_usage(usage));
    }
    let mut message = message(call);
    message["content"] = content(call, &answer).into();
    message["stop_reason"] = stop_reason(&answer.finish).into();
    message["stop_sequence"] = stop_sequence(&answer.finish);
    message["usage"] = usage_object(usage);
    Ok(Reply::json(200, headers, &message).with_usage(usage))
}

/// `POST /messages/count_tokens`.
pub(crate) fn count_tokens(call: &Call<'_>, request_headers: &HeaderMap, body: &Value) -> Result<Reply, Failure> {
    let prompt = request::read_to_count(call, request_headers, body)?;
    Ok(Reply::json(200, headers::of(call, Usage::default(), false), &json!({"input_tokens": prompt.tokens()})))
}

/// A message without content yet.
pub(super) fn message(call: &Call<'_>) -> Value {
    json!({
        "id": call.id("msg_01", 22),
        "type": "message",
        "role": "assistant",
        "model": call.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": null,
    })
}

fn content(call: &Call<'_>, answer: &Answer) -> Vec<Value> {
    let mut blocks = Vec::new();
    if !answer.reasoning.is_empty() {
        blocks.push(json!({"type": "thinking", "thinking": answer.reasoning, "signature": SIGNATURE}));
    }
    match &answer.content {
        Content::Text(text) if text.is_empty() => {}
        Content::Text(text) => blocks.push(json!({"type": "text", "text": text})),
        Content::Calls(calls) => blocks.extend(calls.iter().enumerate().map(|(number, tool)| {
            json!({"type": "tool_use", "id": tool_id(call, number), "name": tool.name, "input": tool.input})
        })),
    }
    blocks
}

pub(super) fn tool_id(call: &Call<'_>, number: usize) -> String {
    call.part_id("toolu_01", 22, number)
}

pub(super) fn stop_reason(finish: &Finish) -> &'static str {
    match finish {
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
        Finish::StopSequence(_) => "stop_sequence",
        Finish::ToolCalls => "tool_use",
    }
}

pub(super) fn stop_sequence(finish: &Finish) -> Value {
    match finish {
        Finish::StopSequence(sequence) => sequence.as_str().into(),
        _ => Value::Null,
    }
}

/// What was cached is not among `input_tokens`.
pub(super) fn usage_object(usage: Usage) -> Value {
    let mut object = json!({
        "input_tokens": usage.input.saturating_sub(usage.cached + usage.written),
        "cache_creation_input_tokens": usage.written,
        "cache_read_input_tokens": usage.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": usage.written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": usage.output,
        "service_tier": "standard",
    });
    if usage.reasoning > 0 {
        object["output_tokens_details"] = json!({"thinking_tokens": usage.reasoning});
    }
    object
}
