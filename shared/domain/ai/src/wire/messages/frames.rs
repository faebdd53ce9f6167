//! Events of a stream as bytes.

use super::usage::WireUsage;
use crate::wire::AnswerContext;
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

/// What is new in a block.
#[derive(Serialize)]
#[serde(tag = "type")]
pub(super) enum Delta<'a> {
    #[serde(rename = "text_delta")]
    Text { text: &'a str },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: &'a str },
    #[serde(rename = "signature_delta")]
    Signature { signature: &'a str },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: &'a str },
}

#[derive(Serialize)]
struct BlockDelta<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    index: u32,
    delta: Delta<'a>,
}

/// One event: its name and its data. Written in one go, as every token passes here.
pub(super) fn frame(name: &str, data: &impl Serialize) -> Bytes {
    let mut bytes = Vec::with_capacity(192);
    bytes.extend_from_slice(b"event: ");
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(b"\ndata: ");
    let written = serde_json::to_writer(&mut bytes, data);
    // Texts and numbers written into memory cannot fail.
    debug_assert!(written.is_ok());
    bytes.extend_from_slice(b"\n\n");
    bytes.into()
}

pub(super) fn message_start(context: &AnswerContext, usage: WireUsage) -> Bytes {
    let message = json!({
        "id": context.id,
        "type": "message",
        "role": "assistant",
        "model": context.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": usage,
    });
    frame("message_start", &json!({"type": "message_start", "message": message}))
}

pub(super) fn block_start(index: u32, block: &Value) -> Bytes {
    frame("content_block_start", &json!({"type": "content_block_start", "index": index, "content_block": block}))
}

pub(super) fn block_delta(index: u32, delta: Delta<'_>) -> Bytes {
    frame("content_block_delta", &BlockDelta { kind: "content_block_delta", index, delta })
}

pub(super) fn block_stop(index: u32) -> Bytes {
    frame("content_block_stop", &json!({"type": "content_block_stop", "index": index}))
}

pub(super) fn message_delta(stop_reason: Option<&str>, stop_sequence: Option<&str>, usage: WireUsage) -> Bytes {
    let delta = json!({"stop_reason": stop_reason, "stop_sequence": stop_sequence});
    frame("message_delta", &json!({"type": "message_delta", "delta": delta, "usage": usage}))
}

pub(super) fn message_stop() -> Bytes {
    Bytes::from_static(b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
}
