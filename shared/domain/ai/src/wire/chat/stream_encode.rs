//! [`StreamEvent`]s into the frames of a stream for a caller.

use super::answer::finish_reason;
use super::fault::stream_kind;
use super::usage::SentUsage;
use crate::wire::{AnswerContext, sse};
use crate::{ProviderFault, StreamEvent, Usage};
use bytes::Bytes;
use serde_json::json;

/// Writes a stream of `chat.completion.chunk`s: a first one with the role alone, the pieces, one with `finish_reason`,
/// one with the usage if the caller asked for it, `[DONE]`. A failure is `{"error": ...}`, and no `[DONE]` follows: the
/// SDKs raise it.
#[derive(Debug, Clone)]
pub struct StreamEncoder {
    /// What every chunk begins with, up to its `choices`.
    head: String,
    /// What ends a chunk after its choices.
    tail: &'static str,
    stream_usage: bool,
    show_reasoning: bool,
    usage: Option<Usage>,
    has_refusal: bool,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    New,
    Started,
    Finished,
    Over,
}

impl StreamEncoder {
    /// An encoder for one answer.
    pub fn new(context: AnswerContext) -> Self {
        let AnswerContext { id, model, created, stream_usage, show_reasoning } = context;
        let (id, model) = (json!(id), json!(model));
        let head = format!(r#"{{"id":{id},"object":"chat.completion.chunk","created":{created},"model":{model},"#);
        // Who asked for usage finds it as null in every chunk but the last.
        let tail = if stream_usage { r#","usage":null}"# } else { "}" };
        Self { head, tail, stream_usage, show_reasoning, usage: None, has_refusal: false, stage: Stage::New }
    }

    /// The frames for the next event: whole server-sent events, none where the form has nothing for it.
    pub fn push(&mut self, event: &StreamEvent) -> Vec<Bytes> {
        let mut frames = Vec::with_capacity(1);
        if self.stage == Stage::Over {
            return frames;
        }
        match event {
            StreamEvent::Error(fault) => {
                self.stage = Stage::Over;
                frames.push(error(fault));
                return frames;
            }
            StreamEvent::Usage(usage) => {
                self.usage = Some(*usage);
                return frames;
            }
            _ if self.stage == Stage::New => {
                self.stage = Stage::Started;
                frames.push(self.chunk(r#"{"role":"assistant","content":"","refusal":null}"#, None));
            }
            _ => {}
        }
        match event {
            StreamEvent::Start { usage, .. } => self.usage = self.usage.or(*usage),
            StreamEvent::Text(more) if more.is_empty() => {}
            StreamEvent::Text(more) => frames.push(self.text_chunk("content", more)),
            StreamEvent::Refusal(more) => {
                self.has_refusal = true;
                frames.push(self.text_chunk("refusal", more));
            }
            StreamEvent::Reasoning(more) if self.show_reasoning && !more.is_empty() => {
                frames.push(self.text_chunk("reasoning_content", more));
            }
            StreamEvent::ToolCallStart { index, id, name } => {
                let (id, name) = (json!(id), json!(name));
                let function = format!(r#"{{"name":{name},"arguments":""}}"#);
                let call = format!(r#"{{"index":{index},"id":{id},"type":"function","function":{function}}}"#);
                frames.push(self.chunk(&format!(r#"{{"tool_calls":[{call}]}}"#), None));
            }
            StreamEvent::ToolCallArguments { index, json } => {
                let mut delta = format!(r#"{{"tool_calls":[{{"index":{index},"function":{{"arguments":"#);
                push_json(&mut delta, json);
                delta.push_str("}}]}");
                frames.push(self.chunk(&delta, None));
            }
            StreamEvent::Finish { reason, .. } if self.stage < Stage::Finished => {
                self.stage = Stage::Finished;
                frames.push(self.chunk("{}", Some(finish_reason(*reason, self.has_refusal))));
            }
            StreamEvent::End => {
                self.stage = Stage::Over;
                if let (true, Some(usage)) = (self.stream_usage, &self.usage) {
                    let usage = json!(SentUsage::from(usage));
                    frames.push(sse("", &format!(r#"{}"choices":[],"usage":{usage}}}"#, self.head)));
                }
                frames.push(Bytes::from_static(b"data: [DONE]\n\n"));
            }
            StreamEvent::Reasoning(_) | StreamEvent::ReasoningSignature(_) | StreamEvent::RedactedReasoning(_) => {}
            StreamEvent::Finish { .. } | StreamEvent::Usage(_) | StreamEvent::Error(_) => {}
        }
        frames
    }

    fn text_chunk(&self, name: &str, text: &str) -> Bytes {
        let mut delta = String::with_capacity(name.len() + text.len() + 16);
        delta.push_str("{\"");
        delta.push_str(name);
        delta.push_str("\":");
        push_json(&mut delta, text);
        delta.push('}');
        self.chunk(&delta, None)
    }

    /// A chunk of one choice, written by hand: this runs for every piece of every answer.
    fn chunk(&self, delta: &str, finish_reason: Option<&str>) -> Bytes {
        const AROUND_BYTES: usize = 96;
        let mut frame = String::with_capacity(self.head.len() + delta.len() + self.tail.len() + AROUND_BYTES);
        frame.push_str("data: ");
        frame.push_str(&self.head);
        frame.push_str(r#""choices":[{"index":0,"delta":"#);
        frame.push_str(delta);
        frame.push_str(r#","logprobs":null,"finish_reason":"#);
        match finish_reason {
            // One of our own words: nothing to escape.
            Some(reason) => frame.extend(["\"", reason, "\"}]"]),
            None => frame.push_str("null}]"),
        }
        frame.push_str(self.tail);
        frame.push_str("\n\n");
        frame.into()
    }
}

/// Adds `text` as JSON.
pub(in crate::wire) fn push_json(json: &mut String, text: &str) {
    match serde_json::to_string(text) {
        Ok(quoted) => json.push_str(&quoted),
        // A text is always JSON.
        Err(_) => json.push_str("\"\""),
    }
}

fn error(fault: &ProviderFault) -> Bytes {
    let (kind, code) = stream_kind(fault);
    let error = json!({"message": fault.message, "type": kind, "param": fault.param, "code": code});
    sse("", &json!({"error": error}).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FaultClass, Finish};

    fn frames(events: &[StreamEvent], stream_usage: bool, show_reasoning: bool) -> String {
        let mut encoder = StreamEncoder::new(AnswerContext {
            id: "chatcmpl-octavo".to_owned(),
            model: "claude-\"5\"".to_owned(),
            created: 1_790_000_000,
            stream_usage,
            show_reasoning,
        });
        let frames = events.iter().flat_map(|event| encoder.push(event));
        frames.map(|frame| String::from_utf8(frame.to_vec()).unwrap()).collect()
    }

    fn events() -> Vec<StreamEvent> {
        let usage = Usage { input: 20, output: 1, ..Usage::default() };
        let call = |index, id: &str| StreamEvent::ToolCallStart { index, id: id.to_owned(), name: "f".to_owned() };
        let json = |index, json: &str| StreamEvent::ToolCallArguments { index, json: json.to_owned() };
        vec![
            StreamEvent::Start { id: "msg".to_owned(), model: "m".to_owned(), created: 0, usage: Some(usage) },
            StreamEvent::Reasoning("hm".to_owned()),
            StreamEvent::ReasoningSignature("s".to_owned()),
            StreamEvent::Text("He said\n\"hi\" \u{1F389}".to_owned()),
            call(0, "toolu_1"),
            json(0, "{\"a\":"),
            call(1, "toolu_2"),
            json(1, "{}"),
            json(0, "1}"),
            StreamEvent::Finish { reason: Finish::ToolCalls, stop_sequence: None },
            StreamEvent::Usage(Usage { input: 20, output: 9, cached: 4, ..Usage::default() }),
            StreamEvent::End,
        ]
    }

    #[test]
    fn a_stream_in_this_form() {
        insta::assert_snapshot!(frames(&events(), true, true));
    }

    #[test]
    fn usage_and_thoughts_only_for_who_wants_them() {
        let sent = frames(&events(), false, false);
        assert!(!sent.contains("usage") && !sent.contains("reasoning"), "{sent}");
        assert!(sent.ends_with("\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n"), "{sent}");
    }

    /// Fault 12 of the research page: clients put messages together by the role, which comes first and alone, also where
    /// the provider began with a piece of text.
    #[test]
    fn fault_12_the_first_delta_is_the_role_alone() {
        let sent = frames(&[StreamEvent::Text("hi".to_owned())], false, false);
        let deltas = [r#""delta":{"role":"assistant","content":"","refusal":null},"#, r#""delta":{"content":"hi"},"#];
        let places = deltas.map(|delta| sent.find(delta));
        assert!(places[0].is_some() && places[0] < places[1], "{sent}");
    }

    /// Fault 10 of the research page: a failure after the 200 is told as one, and the stream does not end as if well.
    #[test]
    fn fault_10_a_failure_in_mid_stream_is_an_error_and_not_done() {
        let mut failing = events();
        failing.truncate(4);
        failing.push(StreamEvent::Error(ProviderFault::new(FaultClass::Overloaded, "busy")));
        failing.push(StreamEvent::End);
        let sent = frames(&failing, false, false);
        let last = r#"data: {"error":{"message":"busy","type":"server_error","param":null,"code":"overloaded"}}"#;
        assert!(sent.ends_with(&format!("{last}\n\n")), "{sent}");
    }
}
