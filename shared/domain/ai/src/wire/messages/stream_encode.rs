//! An answer in pieces, for the caller.

use super::fault::stream_error;
use super::frames::{self, Delta, frame};
use super::json_end::JsonEnd;
use super::stop::{Held, stop_reason};
use super::usage::WireUsage;
use crate::wire::AnswerContext;
use crate::{Finish, StreamEvent, Usage};
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// Writes events of a stream for the caller, as whole SSE frames.
///
/// Blocks never overlap, whatever order the pieces come in. OpenAI may tell several calls of functions in turns: the
/// first is told as it comes, and what belongs after it waits until its JSON is complete or the answer ends. So a call
/// that has no JSON object as its arguments (which the caller could not use in any case) holds up the rest, and nothing
/// is lost. Pieces that come for a call after its JSON was complete are dropped.
///
/// `message_delta` waits for the usage, or for the end where none comes. After an error, or the end, nothing is written.
#[derive(Debug, Clone)]
pub struct StreamEncoder {
    context: AnswerContext,
    input_tokens: u64,
    started: bool,
    ended: bool,
    next: u32,
    open: Option<Open>,
    waiting: VecDeque<Piece>,
    held: Held,
    finish: Option<(Finish, Option<String>)>,
    told_finish: bool,
    usage: Option<Usage>,
}

/// The block that is open. Its number is the last that was given.
#[derive(Debug, Clone)]
enum Open {
    Text,
    Thought { signed: bool },
    Call { index: u32, end: JsonEnd, told: bool },
}

/// A piece of content; waits where a call is open.
#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Thought(String),
    Signature(String),
    Redacted(String),
    Call { index: u32, id: String, name: String, json: String },
}

impl StreamEncoder {
    /// An encoder for one answer. `input_tokens` is told in `message_start` where the provider does not say them first.
    pub fn new(context: AnswerContext, input_tokens: u64) -> Self {
        Self {
            context,
            input_tokens,
            started: false,
            ended: false,
            next: 0,
            open: None,
            waiting: VecDeque::new(),
            held: Held::default(),
            finish: None,
            told_finish: false,
            usage: None,
        }
    }

    /// The frames of the next event; often one, sometimes none.
    pub fn push(&mut self, event: &StreamEvent) -> Vec<Bytes> {
        let mut out = Vec::new();
        if self.ended {
            return out;
        }
        match event {
            StreamEvent::Error(fault) => {
                self.ended = true;
                out.push(frame("error", &stream_error(fault)));
                return out;
            }
            StreamEvent::Start { usage, .. } => self.usage = usage.or(self.usage),
            _ => {}
        }
        if !self.started {
            self.started = true;
            out.push(frames::message_start(&self.context, WireUsage { output_tokens: Some(0), ..self.wire_usage() }));
        }
        match event {
            StreamEvent::Start { .. } | StreamEvent::Error(_) => {}
            StreamEvent::Finish { reason, stop_sequence } => {
                self.release(&mut out);
                self.finish = Some((*reason, stop_sequence.clone()));
            }
            StreamEvent::Usage(usage) => {
                // Said again only where it has changed since.
                let news = self.usage.replace(*usage) != Some(*usage) || !self.told_finish;
                if self.finish.is_some() && news {
                    self.tell_finish(&mut out);
                }
            }
            StreamEvent::End => {
                self.release(&mut out);
                if !self.told_finish && (self.finish.is_some() || self.usage.is_some()) {
                    self.tell_finish(&mut out);
                }
                out.push(frames::message_stop());
                self.ended = true;
            }
            _ if self.told_finish => {}
            StreamEvent::ToolCallArguments { index, json } => self.arguments(*index, json, &mut out),
            StreamEvent::Text(text) => self.text(text, &mut out),
            StreamEvent::Refusal(text) => {
                self.held.refusal = true;
                self.text(text, &mut out);
            }
            StreamEvent::ToolCallStart { index, id, name } => {
                self.held.calls = true;
                let (id, name) = (id.clone(), name.clone());
                self.take(Piece::Call { index: *index, id, name, json: String::new() }, &mut out);
            }
            _ if !self.context.show_reasoning => {}
            StreamEvent::Reasoning(text) => self.take(Piece::Thought(text.clone()), &mut out),
            StreamEvent::ReasoningSignature(proof) => self.take(Piece::Signature(proof.clone()), &mut out),
            StreamEvent::RedactedReasoning(data) => self.take(Piece::Redacted(data.clone()), &mut out),
        }
        out
    }

    fn text(&mut self, text: &str, out: &mut Vec<Bytes>) {
        if matches!(self.open, Some(Open::Text)) {
            // The usual piece: written without being copied.
            out.push(self.delta(Delta::Text { text }));
        } else if !text.is_empty() {
            self.take(Piece::Text(text.to_owned()), out);
        }
    }

    fn arguments(&mut self, index: u32, json: &str, out: &mut Vec<Bytes>) {
        if let Some(Open::Call { index: open, end, told }) = &mut self.open
            && *open == index
        {
            if json.is_empty() {
                return;
            }
            *told = true;
            end.push(json);
            out.push(self.delta(Delta::InputJson { partial_json: json }));
            while !self.is_blocked()
                && let Some(piece) = self.waiting.pop_front()
            {
                self.write(piece, out);
            }
            return;
        }
        let waiting = self.waiting.iter_mut().find_map(|piece| match piece {
            Piece::Call { index: known, json, .. } if *known == index => Some(json),
            _ => None,
        });
        if let Some(waiting) = waiting {
            waiting.push_str(json);
        }
    }

    /// Whether a call is open whose end has not come: nothing else can be written.
    fn is_blocked(&self) -> bool {
        matches!(&self.open, Some(Open::Call { end, .. }) if !end.is_reached())
    }

    fn take(&mut self, piece: Piece, out: &mut Vec<Bytes>) {
        if !self.is_blocked() {
            self.write(piece, out);
            return;
        }
        match (self.waiting.back_mut(), piece) {
            (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(&more),
            (Some(Piece::Thought(text)), Piece::Thought(more)) => text.push_str(&more),
            (_, piece) => self.waiting.push_back(piece),
        }
    }

    fn write(&mut self, piece: Piece, out: &mut Vec<Bytes>) {
        match piece {
            Piece::Text(text) => {
                if !matches!(self.open, Some(Open::Text)) {
                    self.begin(Open::Text, &json!({"type": "text", "text": ""}), out);
                }
                out.push(self.delta(Delta::Text { text: &text }));
            }
            Piece::Thought(text) => {
                // A thought that has its signature is complete: this is another.
                if !matches!(self.open, Some(Open::Thought { signed: false })) {
                    self.begin_thought(out);
                }
                if !text.is_empty() {
                    out.push(self.delta(Delta::Thinking { thinking: &text }));
                }
            }
            Piece::Signature(signature) => {
                if !matches!(self.open, Some(Open::Thought { .. })) {
                    self.begin_thought(out);
                }
                self.open = Some(Open::Thought { signed: true });
                out.push(self.delta(Delta::Signature { signature: &signature }));
            }
            Piece::Redacted(data) => {
                self.begin(Open::Text, &json!({"type": "redacted_thinking", "data": data}), out);
                self.close(out);
            }
            Piece::Call { index, id, name, json } => {
                let mut end = JsonEnd::default();
                end.push(&json);
                let open = Open::Call { index, end, told: !json.is_empty() };
                self.begin(open, &json!({"type": "tool_use", "id": id, "name": name, "input": {}}), out);
                if !json.is_empty() {
                    out.push(self.delta(Delta::InputJson { partial_json: &json }));
                }
            }
        }
    }

    fn begin_thought(&mut self, out: &mut Vec<Bytes>) {
        let block = json!({"type": "thinking", "thinking": "", "signature": ""});
        self.begin(Open::Thought { signed: false }, &block, out);
    }

    fn begin(&mut self, open: Open, block: &Value, out: &mut Vec<Bytes>) {
        self.close(out);
        self.open = Some(open);
        self.next += 1;
        out.push(frames::block_start(self.next - 1, block));
    }

    fn delta(&self, delta: Delta<'_>) -> Bytes {
        frames::block_delta(self.next.saturating_sub(1), delta)
    }

    fn close(&mut self, out: &mut Vec<Bytes>) {
        let Some(open) = self.open.take() else { return };
        if matches!(open, Open::Call { told: false, .. }) {
            // Who puts the pieces together himself would otherwise have a text that is no JSON.
            out.push(self.delta(Delta::InputJson { partial_json: "{}" }));
        }
        out.push(frames::block_stop(self.next.saturating_sub(1)));
    }

    /// Writes all that waits, and closes what is open: nothing more will come.
    fn release(&mut self, out: &mut Vec<Bytes>) {
        while let Some(piece) = self.waiting.pop_front() {
            self.write(piece, out);
        }
        self.close(out);
    }

    fn tell_finish(&mut self, out: &mut Vec<Bytes>) {
        self.release(out);
        self.told_finish = true;
        let (reason, sequence) = match &self.finish {
            Some((finish, sequence)) => (Some(stop_reason(*finish, self.held)), sequence.as_deref()),
            None => (None, None),
        };
        out.push(frames::message_delta(reason, sequence, self.wire_usage()));
    }

    fn wire_usage(&self) -> WireUsage {
        self.usage.unwrap_or(Usage { input: self.input_tokens, ..Usage::default() }).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FaultClass, ProviderFault};

    fn encoder(show_reasoning: bool) -> StreamEncoder {
        let context = AnswerContext {
            id: "msg_1".into(),
            model: "gpt-4.1".into(),
            created: 0,
            stream_usage: false,
            show_reasoning,
        };
        StreamEncoder::new(context, 42)
    }

    fn written(encoder: &mut StreamEncoder, events: &[StreamEvent]) -> String {
        let frames = events.iter().flat_map(|event| encoder.push(event));
        frames.map(|frame| String::from_utf8(frame.to_vec()).unwrap()).collect()
    }

    fn start(usage: Option<Usage>) -> StreamEvent {
        StreamEvent::Start { id: "x".into(), model: "y".into(), created: 1, usage }
    }

    fn call(index: u32) -> StreamEvent {
        StreamEvent::ToolCallStart { index, id: format!("call_{index}"), name: "f".into() }
    }

    fn arguments(index: u32, json: &str) -> StreamEvent {
        StreamEvent::ToolCallArguments { index, json: json.into() }
    }

    fn finish(reason: Finish) -> StreamEvent {
        StreamEvent::Finish { reason, stop_sequence: None }
    }

    #[test]
    fn an_answer_of_all_kinds() {
        let usage = Usage { input: 100, cached: 60, cache_write: 0, output: 9, reasoning: 0 };
        let events = [
            start(None),
            StreamEvent::Reasoning("Hm".into()),
            StreamEvent::ReasoningSignature("sig".into()),
            StreamEvent::RedactedReasoning("xyz".into()),
            StreamEvent::Text("Say \"hi\"\n".into()),
            StreamEvent::Text("é".into()),
            call(0),
            finish(Finish::ToolCalls),
            StreamEvent::Usage(usage),
            StreamEvent::End,
            StreamEvent::Text("late".into()),
        ];
        insta::assert_snapshot!(written(&mut encoder(true), &events));
    }

    #[test]
    fn fault_14_calls_told_in_turns_become_blocks_one_after_the_other() {
        let events = [
            start(None),
            call(0),
            arguments(0, "{\"city\":"),
            call(1),
            arguments(1, "{\"city\":"),
            StreamEvent::Text("Both at once.".into()),
            arguments(0, "\"Rome\"}"),
            arguments(1, "\"Oslo\"}"),
            finish(Finish::Stop),
            StreamEvent::End,
        ];
        insta::assert_snapshot!(written(&mut encoder(true), &events));
    }

    #[test]
    fn a_call_is_told_as_soon_as_the_one_before_is_complete() {
        let mut encoder = encoder(true);
        written(&mut encoder, &[call(0), arguments(0, "{}")]);
        let frames = written(&mut encoder, &[call(1)]);
        assert!(frames.contains("\"content_block_stop\",\"index\":0") && frames.contains("call_1"), "{frames}");
        assert!(written(&mut encoder, &[arguments(1, "{\"a\"")]).contains("input_json_delta"));
    }

    #[test]
    fn fault_10_an_error_is_told_and_nothing_after() {
        let mut encoder = encoder(true);
        let fault = ProviderFault::new(FaultClass::Overloaded, "Overloaded");
        written(&mut encoder, &[start(None), StreamEvent::Text("Hel".into())]);
        let frames = written(
            &mut encoder,
            &[StreamEvent::Error(fault), StreamEvent::Text("lo".into()), finish(Finish::Stop), StreamEvent::End],
        );
        let data = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
        assert_eq!(frames, format!("event: error\ndata: {data}\n\n"));
    }

    #[test]
    fn usage_is_told_when_it_comes_and_the_finish_waits_for_it() {
        let mut encoder = encoder(false);
        let first = written(&mut encoder, &[start(Some(Usage { input: 50, cached: 20, ..Usage::default() }))]);
        assert!(first.contains("\"input_tokens\":30,") && first.contains("\"output_tokens\":0"), "{first}");
        assert_eq!(written(&mut encoder, &[StreamEvent::Reasoning("hidden".into())]), "");
        assert!(
            written(&mut encoder, &[StreamEvent::Text("A".into()), finish(Finish::Length)])
                .ends_with("\"index\":0}\n\n")
        );
        let usage = Usage { input: 51, output: 4, ..Usage::default() };
        let last = written(&mut encoder, &[StreamEvent::Usage(usage)]);
        assert!(last.contains("\"stop_reason\":\"max_tokens\"") && last.contains("\"output_tokens\":4"), "{last}");
        assert_eq!(written(&mut encoder, &[StreamEvent::Usage(usage)]), "");
        assert_eq!(
            written(&mut encoder, &[StreamEvent::End]),
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
        );
    }

    #[test]
    fn a_stream_that_begins_in_the_middle_has_its_head_all_the_same() {
        let frames = written(&mut encoder(true), &[StreamEvent::Text("A".into())]);
        assert!(frames.starts_with("event: message_start\n") && frames.contains("\"input_tokens\":42"), "{frames}");
    }
}
