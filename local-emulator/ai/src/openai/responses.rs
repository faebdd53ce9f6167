//! The answer of `POST /responses`.

use serde_json::{Value, json};

use super::{headers, responses_request, responses_stream};
use crate::answer::{Answer, Content, Finish, ToolCall, compose};
use crate::app::Call;
use crate::failure::Failure;
use crate::prompt::Prompt;
use crate::reply::{Reply, Usage};

/// `POST /responses`.
pub(crate) fn responses(call: &Call<'_>, body: &Value) -> Result<Reply, Failure> {
    let (prompt, stream) = responses_request::read(call, body)?;
    let answer = compose(&prompt);
    let usage = call.usage(&prompt, answer.output_tokens, answer.reasoning_tokens, false);
    let headers = headers::of(call, usage, false);
    if stream {
        let events = responses_stream::events(call, body, &prompt, &answer, usage);
        return Ok(Reply::events(headers, events).with_usage(usage));
    }
    Ok(Reply::json(200, headers, &finished(call, body, &prompt, &answer, usage)).with_usage(usage))
}

/// The response when it is done, or cut at its limit.
pub(super) fn finished(call: &Call<'_>, body: &Value, prompt: &Prompt, answer: &Answer, usage: Usage) -> Value {
    let mut response = begun(call, body, prompt);
    let cut = answer.finish == Finish::Length;
    response["status"] = if cut { "incomplete" } else { "completed" }.into();
    if cut {
        response["incomplete_details"] = json!({"reason": "max_output_tokens"});
    } else {
        response["completed_at"] = call.created.into();
    }
    response["output"] = output(call, answer).into();
    response["usage"] = json!({
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": 0},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    });
    response
}

/// The response when it has begun: it tells the request's settings again.
pub(super) fn begun(call: &Call<'_>, body: &Value, prompt: &Prompt) -> Value {
    let or = |field: &str, default: Value| match &body[field] {
        Value::Null => default,
        given => given.clone(),
    };
    let format = match &body["text"]["format"] {
        Value::Null => json!({"type": "text"}),
        given => given.clone(),
    };
    let effort = body["reasoning"]["effort"].clone();
    json!({
        "id": call.id("resp_", 48),
        "object": "response",
        "created_at": call.created,
        "status": "in_progress",
        "background": false,
        "error": null,
        "incomplete_details": null,
        "instructions": body["instructions"],
        "max_output_tokens": prompt.max_tokens,
        "max_tool_calls": null,
        "model": call.model,
        "output": [],
        "parallel_tool_calls": prompt.parallel,
        "previous_response_id": null,
        "reasoning": {"effort": effort, "summary": null},
        "service_tier": "default",
        "store": or("store", true.into()),
        "temperature": or("temperature", json!(1.0)),
        "text": {"format": format, "verbosity": "medium"},
        "tool_choice": or("tool_choice", "auto".into()),
        "tools": or("tools", json!([])),
        "top_logprobs": 0,
        "top_p": or("top_p", json!(1.0)),
        "truncation": or("truncation", "disabled".into()),
        "usage": null,
        "user": body["user"],
        "metadata": or("metadata", json!({})),
    })
}

fn output(call: &Call<'_>, answer: &Answer) -> Vec<Value> {
    let mut items = Vec::new();
    if !answer.reasoning.is_empty() {
        items.push(reasoning_item(call));
    }
    match &answer.content {
        Content::Text(text) if text.is_empty() => {}
        Content::Text(text) => items.push(message_item(call, items.len(), status(answer), &[text_part(text)])),
        Content::Calls(calls) => {
            let before = items.len();
            items.extend(
                calls
                    .iter()
                    .enumerate()
                    .map(|(number, tool)| call_item(call, before + number, number, tool, "completed", &tool.arguments)),
            );
        }
    }
    items
}

pub(super) fn status(answer: &Answer) -> &'static str {
    if answer.finish == Finish::Length { "incomplete" } else { "completed" }
}

/// What the reasoning said is not told, as long as no summary is asked for.
pub(super) fn reasoning_item(call: &Call<'_>) -> Value {
    json!({"id": call.part_id("rs_", 48, 0), "type": "reasoning", "summary": []})
}

pub(super) fn message_item(call: &Call<'_>, index: usize, status: &str, content: &[Value]) -> Value {
    json!({
        "id": call.part_id("msg_", 48, index), "type": "message", "status": status, "role": "assistant", "content": content
    })
}

pub(super) fn text_part(text: &str) -> Value {
    json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text})
}

pub(super) fn call_item(
    call: &Call<'_>,
    index: usize,
    number: usize,
    tool: &ToolCall,
    status: &str,
    arguments: &str,
) -> Value {
    json!({
        "id": call.part_id("fc_", 48, index), "type": "function_call", "status": status, "arguments": arguments,
        "call_id": super::chat::call_id(call, number), "name": tool.name
    })
}
