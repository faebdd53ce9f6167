//! The answer of `POST /chat/completions` as a stream.
//!
//! Role-only first delta, a chunk for every token, a chunk with the finish reason and an empty delta, the usage chunk
//! if it was asked for, `[DONE]`. Azure sends a chunk without choices first.

use bytes::Bytes;
use serde_json::{Value, json};

use super::chat::{FINGERPRINT, call_id, finish_reason, usage_object};
use super::chat_request::ChatRequest;
use crate::answer::{Answer, Content};
use crate::app::Call;
use crate::azure;
use crate::provider::Provider;
use crate::reply::{Events, Usage, quoted};
use crate::tokens;

pub(super) fn events(call: &Call<'_>, request: &ChatRequest, answer: &Answer, usage: Usage) -> Vec<Bytes> {
    let azure = *call.provider == Provider::Azure;
    let head = format!(
        r#"{{"id":{},"object":"chat.completion.chunk","created":{},"model":{},"service_tier":"default","system_fingerprint":"{FINGERPRINT}","choices":["#,
        quoted(&call.id("chatcmpl-", 29)),
        call.created,
        quoted(call.model)
    );
    // Only where usage was asked for do the other chunks say that they have none.
    let tail = if request.include_usage { r#"],"usage":null}"# } else { "]}" };
    let filter =
        if azure { format!(r#","content_filter_results":{}"#, azure::content_filter_results()) } else { String::new() };
    let pieces = match &answer.content {
        Content::Text(text) => tokens::pieces(text),
        Content::Calls(_) => Vec::new(),
    };
    let capacity = pieces.len() + 8;
    let mut events = Events::with_capacity(capacity, capacity * (head.len() + filter.len() + 128));
    if azure {
        events.data(&azure::first_chunk());
    }
    let choice = |events: &mut Events, index: usize, delta: &str, finish: &str| {
        let index = index.to_string();
        events.raw(&[
            &head,
            r#"{"index":"#,
            &index,
            r#","delta":"#,
            delta,
            r#","logprobs":null,"finish_reason":"#,
            finish,
            &filter,
            "}",
            tail,
        ]);
    };
    let each = 0..request.choices;
    let content = if matches!(answer.content, Content::Text(_)) { r#""""# } else { "null" };
    let first = format!(r#"{{"role":"assistant","content":{content},"refusal":null}}"#);
    for index in each.clone() {
        choice(&mut events, index, &first, "null");
    }
    for piece in pieces {
        let delta = format!(r#"{{"content":{}}}"#, quoted(piece));
        for index in each.clone() {
            choice(&mut events, index, &delta, "null");
        }
    }
    if let Content::Calls(calls) = &answer.content {
        for (number, tool) in calls.iter().enumerate() {
            for delta in call_deltas(&call_id(call, number), number, &tool.name, &tool.arguments) {
                for index in each.clone() {
                    choice(&mut events, index, &delta.to_string(), "null");
                }
            }
        }
    }
    let finish = quoted(finish_reason(&answer.finish));
    for index in each {
        choice(&mut events, index, "{}", &finish);
    }
    if request.include_usage {
        events.raw(&[&head, r#"],"usage":"#, &usage_object(usage).to_string(), "}"]);
    }
    events.raw(&["[DONE]"]);
    events.finish()
}

/// Identifier and name come with the first delta of a call only; the arguments come token by token.
fn call_deltas(id: &str, index: usize, name: &str, arguments: &str) -> Vec<Value> {
    let first = json!({"tool_calls": [
        {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}
    ]});
    let further = tokens::pieces(arguments)
        .into_iter()
        .map(|piece| json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}));
    std::iter::once(first).chain(further).collect()
}
