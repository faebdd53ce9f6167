//! A provider's answer in pieces.

use super::blocks::{WireBlock, WireDelta, WireEvent, WireKind};
use super::fault::decode_fault;
use super::stop::finish_of;
use super::usage::WireUsage;
use crate::ports::ServerSentEvent;
use crate::{FaultClass, ProviderFault, StreamEvent, Usage};

/// Events that mean something here. What else comes is passed over: Anthropic adds events without a new version.
const KNOWN: [&str; 7] = [
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "error",
];

/// Reads a provider's events, one at a time.
#[derive(Debug, Clone, Default)]
pub struct StreamDecoder {
    usage: WireUsage,
    open: Vec<(u32, Open)>,
    calls: u32,
    ended: bool,
}

/// A block that has begun, if there is something to be remembered of it.
#[derive(Debug, Clone)]
enum Open {
    Thought { told: bool },
    Call { index: u32, told: bool, input: Option<String> },
}

impl StreamDecoder {
    /// Reads the next event. Calls of functions are numbered from 0, whatever blocks stand between them; blocks of tools
    /// that Anthropic runs, citations and pings are passed over. After `message_stop` or an error nothing more comes.
    ///
    /// # Errors
    ///
    /// [`FaultClass::Protocol`] where the data of an event that must be understood cannot be.
    pub fn push(&mut self, event: &ServerSentEvent) -> Result<Vec<StreamEvent>, ProviderFault> {
        let mut out = Vec::new();
        // Keep-alives of proxies, and the word with which OpenAI's form ends.
        if self.ended || event.data.trim().is_empty() || event.data == "[DONE]" {
            return Ok(out);
        }
        let wire: WireEvent<'_> = match serde_json::from_str(&event.data) {
            Ok(wire) => wire,
            Err(error) => {
                let kind = serde_json::from_str::<WireKind<'_>>(&event.data).map(|wire| wire.kind.into_owned());
                return match kind {
                    Ok(kind) if !kind.is_empty() && !KNOWN.contains(&kind.as_str()) => Ok(out),
                    _ => Err(protocol(&error.to_string())),
                };
            }
        };
        let kind = if wire.kind.is_empty() { event.name.as_str() } else { &wire.kind };
        match kind {
            "message_start" => {
                let message = wire.message.ok_or_else(|| protocol("message_start has no message"))?;
                self.usage = message.usage.unwrap_or_default();
                // The output's count there is a placeholder: 1, before anything was written.
                self.usage.output_tokens = None;
                let usage = message.usage.map(|_| Usage::from(self.usage));
                out.push(StreamEvent::Start { id: message.id, model: message.model, created: 0, usage });
            }
            "content_block_start" => {
                let block = wire.content_block.ok_or_else(|| protocol("content_block_start has no block"))?;
                self.begin(wire.index, block, &mut out);
            }
            "content_block_delta" => {
                let delta = wire.delta.ok_or_else(|| protocol("content_block_delta has no delta"))?;
                self.more(wire.index, delta, &mut out);
            }
            "content_block_stop" => self.finish(wire.index, &mut out),
            "message_delta" => {
                if let Some(delta) = wire.delta
                    && let Some(reason) = delta.stop_reason
                {
                    let reason = finish_of(&reason);
                    out.push(StreamEvent::Finish { reason, stop_sequence: delta.stop_sequence });
                }
                if let Some(usage) = wire.usage {
                    self.usage = usage.over(self.usage);
                    out.push(StreamEvent::Usage(self.usage.into()));
                }
            }
            "message_stop" => {
                self.ended = true;
                out.push(StreamEvent::End);
            }
            "error" => {
                self.ended = true;
                out.push(StreamEvent::Error(decode_fault(200, event.data.as_bytes())));
            }
            _ => {}
        }
        Ok(out)
    }

    fn begin(&mut self, at: u32, block: WireBlock<'_>, out: &mut Vec<StreamEvent>) {
        match &*block.kind {
            "text" => out.extend(block.text.filter(|text| !text.is_empty()).map(StreamEvent::Text)),
            "tool_use" => {
                let index = self.calls;
                self.calls += 1;
                // `{}` stands for what follows in pieces; anything else is all of it, unless pieces follow.
                let input = block.input.map(|input| input.get()).filter(|input| *input != "{}").map(str::to_owned);
                self.open.push((at, Open::Call { index, told: false, input }));
                let (id, name) = (block.id.unwrap_or_default(), block.name.unwrap_or_default());
                out.push(StreamEvent::ToolCallStart { index, id, name });
            }
            "thinking" => {
                let text = block.thinking.filter(|text| !text.is_empty());
                self.open.push((at, Open::Thought { told: text.is_some() }));
                out.extend(text.map(StreamEvent::Reasoning));
                if let Some(signature) = block.signature.filter(|proof| !proof.is_empty()) {
                    self.sign(at, signature, out);
                }
            }
            "redacted_thinking" => out.extend(block.data.map(StreamEvent::RedactedReasoning)),
            _ => {}
        }
    }

    fn more(&mut self, at: u32, delta: WireDelta<'_>, out: &mut Vec<StreamEvent>) {
        match &*delta.kind {
            "text_delta" => out.extend(delta.text.map(StreamEvent::Text)),
            "input_json_delta" => {
                let json = delta.partial_json.unwrap_or_default();
                if let Some(Open::Call { index, told, .. }) = self.block(at)
                    && !json.is_empty()
                {
                    *told = true;
                    out.push(StreamEvent::ToolCallArguments { index: *index, json });
                }
            }
            "thinking_delta" => {
                if let Some(Open::Thought { told }) = self.block(at) {
                    *told = true;
                }
                out.extend(delta.thinking.map(StreamEvent::Reasoning));
            }
            "signature_delta" => self.sign(at, delta.signature.unwrap_or_default(), out),
            _ => {}
        }
    }

    /// A signature. Where its thought was not shown, an empty one is told first: otherwise the signature would go to the
    /// thought before.
    fn sign(&mut self, at: u32, signature: String, out: &mut Vec<StreamEvent>) {
        if signature.is_empty() {
            return;
        }
        if let Some(Open::Thought { told }) = self.block(at)
            && !*told
        {
            *told = true;
            out.push(StreamEvent::Reasoning(String::new()));
        }
        out.push(StreamEvent::ReasoningSignature(signature));
    }

    fn finish(&mut self, at: u32, out: &mut Vec<StreamEvent>) {
        let Some(position) = self.open.iter().position(|(known, _)| *known == at) else { return };
        if let (_, Open::Call { index, told: false, input }) = self.open.swap_remove(position) {
            let json = input.unwrap_or_else(|| "{}".to_owned());
            out.push(StreamEvent::ToolCallArguments { index, json });
        }
    }

    fn block(&mut self, at: u32) -> Option<&mut Open> {
        self.open.iter_mut().find(|(known, _)| *known == at).map(|(_, open)| open)
    }
}

fn protocol(why: &str) -> ProviderFault {
    ProviderFault::new(FaultClass::Protocol, format!("an event of the provider's stream is not of the form: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Assembly, Finish, Part};

    fn event(data: &str) -> ServerSentEvent {
        let kind = serde_json::from_str::<WireKind<'_>>(data).unwrap().kind.into_owned();
        ServerSentEvent { name: kind, data: data.to_owned() }
    }

    fn read(data: &[&str]) -> Vec<StreamEvent> {
        let mut decoder = StreamDecoder::default();
        data.iter().flat_map(|data| decoder.push(&event(data)).unwrap()).collect()
    }

    fn assembled(events: &[StreamEvent]) -> Assembly {
        let mut assembly = Assembly::default();
        events.iter().for_each(|event| assembly.push(event));
        assembly
    }

    const START: &str = r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],
        "model":"claude-x","stop_reason":null,"stop_sequence":null,
        "usage":{"input_tokens":25,"cache_read_input_tokens":100,"cache_creation_input_tokens":null,"output_tokens":1}}}"#;

    #[test]
    fn fault_02_the_placeholder_of_1_is_not_the_output() {
        let events = read(&[START]);
        let usage = Some(Usage { input: 125, cached: 100, ..Usage::default() });
        assert_eq!(events, [StreamEvent::Start { id: "msg_1".into(), model: "claude-x".into(), created: 0, usage }]);
        let delta = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}}"#;
        let events = read(&[START, delta]);
        let usage = Usage { input: 125, cached: 100, output: 15, ..Usage::default() };
        assert_eq!(events.last(), Some(&StreamEvent::Usage(usage)));
    }

    #[test]
    fn usage_is_the_last_total_and_never_a_sum() {
        let delta = |output: u64| {
            format!(r#"{{"type":"message_delta","delta":{{"stop_reason":null}},"usage":{{"output_tokens":{output}}}}}"#)
        };
        let events = read(&[START, &delta(10), &delta(30)]);
        assert_eq!(assembled(&events).answer().usage.unwrap().output, 30);
        assert_eq!(assembled(&events).answer().finish, None);
    }

    #[test]
    fn every_kind_of_block() {
        let events = read(&[
            START,
            r#"{"type":"ping"}"#,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"sigA"}}"#,
            r#"{"type":"content_block_stop","index":0}"#,
            r#"{"type":"content_block_start","index":1,"content_block":{"type":"thinking","thinking":""}}"#,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"signature_delta","signature":"sigB"}}"#,
            r#"{"type":"content_block_stop","index":1}"#,
            r#"{"type":"content_block_start","index":2,"content_block":{"type":"redacted_thinking","data":"xyz"}}"#,
            r#"{"type":"content_block_stop","index":2}"#,
            r#"{"type":"content_block_start","index":3,"content_block":{"type":"text","text":""}}"#,
            r#"{"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"Let me "}}"#,
            r#"{"type":"content_block_delta","index":3,"delta":{"type":"citations_delta","citation":{"type":"x"}}}"#,
            r#"{"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"see\n\"é\""}}"#,
            r#"{"type":"content_block_stop","index":3}"#,
            r#"{"type":"content_block_start","index":4,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}"#,
            r#"{"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta","partial_json":"{\"q\":1}"}}"#,
            r#"{"type":"content_block_stop","index":4}"#,
            r#"{"type":"content_block_start","index":5,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}"#,
            r#"{"type":"content_block_delta","index":5,"delta":{"type":"input_json_delta","partial_json":""}}"#,
            r#"{"type":"content_block_delta","index":5,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}"#,
            r#"{"type":"content_block_delta","index":5,"delta":{"type":"input_json_delta","partial_json":"1}"}}"#,
            r#"{"type":"content_block_stop","index":5}"#,
            r#"{"type":"content_block_start","index":6,"content_block":{"type":"tool_use","id":"toolu_2","name":"g","input":{}}}"#,
            r#"{"type":"content_block_stop","index":6}"#,
            r#"{"type":"content_block_start","index":7,"content_block":{"type":"tool_use","id":"toolu_3","name":"h","input":{"b":2}}}"#,
            r#"{"type":"content_block_stop","index":7}"#,
            r#"{"type":"something_new","delta":"of another shape","index":"x"}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":89}}"#,
            r#"{"type":"message_stop"}"#,
        ]);
        let assembly = assembled(&events);
        assert!(assembly.is_complete());
        let call = |id: &str, name: &str, arguments: &str| Part::ToolCall {
            id: id.into(),
            name: name.into(),
            arguments: arguments.into(),
        };
        let thought =
            |text: &str, signature: &str| Part::Reasoning { text: text.into(), signature: Some(signature.into()) };
        assert_eq!(
            assembly.answer().content,
            [
                thought("Hm", "sigA"),
                thought("", "sigB"),
                Part::RedactedReasoning { data: "xyz".into() },
                Part::text("Let me see\n\"é\""),
                call("toolu_1", "f", "{\"a\":1}"),
                call("toolu_2", "g", "{}"),
                call("toolu_3", "h", "{\"b\":2}"),
            ]
        );
        assert_eq!(assembly.answer().finish, Some(Finish::ToolCalls));
        let started: Vec<u32> = events
            .iter()
            .filter_map(|event| match event {
                StreamEvent::ToolCallStart { index, .. } => Some(*index),
                _ => None,
            })
            .collect();
        assert_eq!(started, [0, 1, 2]);
    }

    #[test]
    fn fault_10_an_error_after_200_is_an_error_and_the_end() {
        let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
        let events = read(&[START, error, r#"{"type":"message_stop"}"#]);
        let Some(StreamEvent::Error(fault)) = events.last() else { panic!("{events:?}") };
        assert_eq!((fault.class, fault.status), (FaultClass::Overloaded, None));
        assert!(!assembled(&events).is_complete());
    }

    #[test]
    fn what_cannot_be_understood_is_a_fault() {
        let broken = |name: &str, data: &str| {
            StreamDecoder::default().push(&ServerSentEvent { name: name.into(), data: data.into() })
        };
        for data in ["{", "[1]", r#"{"type":"message_start"}"#, r#"{"type":"content_block_delta","delta":5}"#] {
            assert_eq!(broken("", data).unwrap_err().class, FaultClass::Protocol, "{data}");
        }
        assert_eq!(broken("message_stop", "{}").unwrap(), [StreamEvent::End], "the event's name serves too");
        assert_eq!(broken("", "").unwrap(), []);
        assert_eq!(broken("", "[DONE]").unwrap(), []);
    }
}
