//! The answer of `POST /chat/completions`.

use serde_json::{Value, json};

use super::{chat_request, chat_stream, headers};
use crate::answer::{Answer, Content, Finish, compose};
use crate::app::Call;
use crate::azure;
use crate::failure::Failure;
use crate::provider::Provider;
use crate::reply::{Reply, Usage};

pub(super) const FINGERPRINT: &str = "fp_octavo0001";

/// `POST /chat/completions`.
pub(crate) fn chat(call: &Call<'_>, body: &Value) -> Result<Reply, Failure> {
    let request = chat_request::read(call, body)?;
    let answer = compose(&request.prompt);
    let (output, reasoning) = (answer.output_tokens * request.choices, answer.reasoning_tokens * request.choices);
    let usage = call.usage(&request.prompt, output, reasoning, false);
    let headers = headers::of(call, usage, false);
    if request.stream {
        let events = chat_stream::events(call, &request, &answer, usage);
        return Ok(Reply::events(headers, events).with_usage(usage));
    }
    let choices: Vec<Value> = (0..request.choices).map(|index| choice(call, index, &answer)).collect();
    let mut completion = json!({
        "id": call.id("chatcmpl-", 29),
        "object": "chat.completion",
        "created": call.created,
        "model": call.model,
        "choices": choices,
        "usage": usage_object(usage),
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    });
    if *call.provider == Provider::Azure {
        completion["prompt_filter_results"] = azure::prompt_filter_results();
    }
    Ok(Reply::json(200, headers, &completion).with_usage(usage))
}

fn choice(call: &Call<'_>, index: usize, answer: &Answer) -> Value {
    let mut message = json!({"role": "assistant", "content": null, "refusal": null, "annotations": []});
    match &answer.content {
        Content::Text(text) => message["content"] = text.as_str().into(),
        Content::Calls(calls) => {
            let calls: Vec<Value> = calls
                .iter()
                .enumerate()
                .map(|(number, tool)| {
                    json!({
                        "id": call_id(call, number), "type": "function",
                        "function": {"name": tool.name, "arguments": tool.arguments}
                    })
                })
                .collect();
            message["tool_calls"] = calls.into();
        }
    }
    let mut choice =
        json!({"index": index, "message": message, "logprobs": null, "finish_reason": finish_reason(&answer.finish)});
    if *call.provider == Provider::Azure {
        choice["content_filter_results"] = azure::content_filter_results();
    }
    choice
}

pub(super) fn call_id(call: &Call<'_>, number: usize) -> String {
    call.part_id("call_", 24, number)
}

pub(super) fn finish_reason(finish: &Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::StopSequence(_) => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
    }
}

pub(super) fn usage_object(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning, "audio_tokens": 0, "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0
        },
    })
}
