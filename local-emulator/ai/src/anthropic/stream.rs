//! The answer of `POST /messages` as a stream.
//!
//! `message_start` with a placeholder of one output token, a `ping` in the first block, blocks one after the other,
//! `message_delta` with the stop reason and the cumulative usage, `message_stop`.

use bytes::Bytes;
use serde_json::{Value, json};

use super::messages::{SIGNATURE, message, stop_reason, stop_sequence, tool_id, usage_object};
use crate::answer::{Answer, Content};
use crate::app::Call;
use crate::reply::{Events, Usage, quoted};
use crate::tokens;

/// What `message_start` says of the output, as the real one does before it knows.
const PLACEHOLDER_TOKENS: u64 = 1;

pub(super) fn events(call: &Call<'_>, answer: &Answer, usage: Usage) -> Vec<Bytes> {
    let mut events = Events::with_capacity(64, 8 << 10);
    let mut start = message(call);
    start["usage"] = usage_object(Usage { output: PLACEHOLDER_TOKENS, reasoning: 0, ..usage });
    events.named("message_start", &json!({"type": "message_start", "message": start}));
    let mut blocks = Blocks { events, next: 0 };
    if !answer.reasoning.is_empty() {
        blocks.open(&json!({"type": "thinking", "thinking": "", "signature": ""}));
        blocks.deltas(&answer.reasoning, "thinking_delta", "thinking");
        blocks.delta("signature_delta", "signature", SIGNATURE);
        blocks.close();
    }
    match &answer.content {
        Content::Text(text) if text.is_empty() => {}
        Content::Text(text) => {
            blocks.open(&json!({"type": "text", "text": ""}));
            blocks.deltas(text, "text_delta", "text");
            blocks.close();
        }
        Content::Calls(calls) => {
            for (number, tool) in calls.iter().enumerate() {
                blocks.open(&json!({"type": "tool_use", "id": tool_id(call, number), "name": tool.name, "input": {}}));
                blocks.delta("input_json_delta", "partial_json", "");
                blocks.deltas(&tool.arguments, "input_json_delta", "partial_json");
                blocks.close();
            }
        }
    }
    let mut events = blocks.events;
    let mut total = usage_object(usage);
    if let Some(total) = total.as_object_mut() {
        total.shift_remove("cache_creation");
        total.shift_remove("service_tier");
    }
    let delta = json!({"stop_reason": stop_reason(&answer.finish), "stop_sequence": stop_sequence(&answer.finish)});
    events.named("message_delta", &json!({"type": "message_delta", "delta": delta, "usage": total}));
    events.named("message_stop", &json!({"type": "message_stop"}));
    events.finish()
}

struct Blocks {
    events: Events,
    /// The index of the block that is open, or of the next one.
    next: usize,
}

impl Blocks {
    fn open(&mut self, block: &Value) {
        let start = json!({"type": "content_block_start", "index": self.next, "content_block": block});
        self.events.named("content_block_start", &start);
        if self.next == 0 {
            self.events.named("ping", &json!({"type": "ping"}));
        }
    }

    fn deltas(&mut self, text: &str, kind: &str, field: &str) {
        for piece in tokens::pieces(text) {
            self.delta(kind, field, piece);
        }
    }

    fn delta(&mut self, kind: &str, field: &str, text: &str) {
        let index = self.next.to_string();
        let text = quoted(text);
        let parts = [
            r#"{"type":"content_block_delta","index":"#,
            &index,
            r#","delta":{"type":""#,
            kind,
            r#"",""#,
            field,
            r#"":"#,
            &text,
            "}}",
        ];
        self.events.named_raw("content_block_delta", &parts);
    }

    fn close(&mut self) {
        self.events.named("content_block_stop", &json!({"type": "content_block_stop", "index": self.next}));
        self.next += 1;
    }
}
