//! A provider that answers at once with the bytes of its wire format.

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use octavo_domain_ai::ProviderFault;
use octavo_domain_ai::ports::{ServerSentEvent, Upstream, UpstreamBody, UpstreamReply, UpstreamRequest};
use parking_lot::Mutex;
use serde_json::{Value, json};

/// Pieces of text in a stream.
const PIECES: usize = 20;
const ANSWER: &str = "1. Clause 14.2: a second notice, in writing, with ten days. 2. Clause 14.4: tell purchasing and legal. \
    3. Clause 15.1: withhold at most the value of the defect. I am not sure whether clause 14.3 applies.";

/// Answers of both forms, whole and in pieces.
pub(crate) struct Canned {
    openai: Bytes,
    anthropic: Bytes,
    stream: Vec<ServerSentEvent>,
    last: Mutex<Bytes>,
}

impl Canned {
    pub(crate) fn new() -> Self {
        let usage = json!({ "prompt_tokens": 110, "completion_tokens": 60, "total_tokens": 170,
            "prompt_tokens_details": { "cached_tokens": 0 }, "completion_tokens_details": { "reasoning_tokens": 0 } });
        let openai = json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-6-luna",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": ANSWER, "refusal": null },
                "logprobs": null, "finish_reason": "stop" }],
            "usage": usage
        });
        let anthropic = json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-5-5",
            "content": [{ "type": "text", "text": ANSWER }], "stop_reason": "end_turn", "stop_sequence": null,
            "usage": { "input_tokens": 110, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
                "output_tokens": 60 }
        });
        let mut stream = vec![chunk(json!({ "role": "assistant", "content": "", "refusal": null }), None)];
        stream.extend((0..PIECES).map(|piece| chunk(json!({ "content": format!("piece {piece} of it ") }), None)));
        stream.push(chunk(json!({}), Some("stop")));
        stream.push(event(&json!({ "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1,
            "model": "gpt-6-luna", "choices": [], "usage": usage })));
        stream.push(ServerSentEvent { name: String::new(), data: "[DONE]".to_owned() });
        let bytes = |value: &Value| Bytes::from(value.to_string());
        Self { openai: bytes(&openai), anthropic: bytes(&anthropic), stream, last: Mutex::default() }
    }

    /// What was asked last.
    pub(crate) fn last(&self) -> String {
        String::from_utf8_lossy(&self.last.lock()).into_owned()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a literal of JSON is made where it is used")]
fn chunk(delta: Value, finish: Option<&str>) -> ServerSentEvent {
    event(&json!({ "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-6-luna",
        "choices": [{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }], "usage": null }))
}

fn event(data: &Value) -> ServerSentEvent {
    ServerSentEvent { name: String::new(), data: data.to_string() }
}

#[async_trait]
impl Upstream for Canned {
    async fn send(&self, request: UpstreamRequest) -> Result<UpstreamReply, ProviderFault> {
        *self.last.lock() = request.body;
        let body = match (request.stream, request.endpoint.kind.speaks_messages()) {
            (true, _) => UpstreamBody::Events(futures::stream::iter(self.stream.clone()).map(Ok).boxed()),
            (false, true) => UpstreamBody::Whole(self.anthropic.clone()),
            (false, false) => UpstreamBody::Whole(self.openai.clone()),
        };
        Ok(UpstreamReply { request_id: None, remaining: (None, None), body })
    }
}
