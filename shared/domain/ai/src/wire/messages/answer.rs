//! Whole answers.

use super::blocks::{WireBlock, WireKind, WireMessage};
use super::encode_content::tool_input;
use super::fault::decode_fault;
use super::stop::{Held, finish_of, stop_reason};
use super::usage::WireUsage;
use crate::wire::AnswerContext;
use crate::{Answer, FaultClass, Part, ProviderFault};
use serde_json::{Value, json};

/// Reads a provider's whole answer.
///
/// Blocks of tools that Anthropic runs itself, and blocks that are not known, are passed over. `created` is 0: the form
/// does not say it.
///
/// # Errors
///
/// [`FaultClass::Protocol`] where it is no answer of this form; the class of its error where it is a body of `type:
/// "error"`, which can come with a status of 200.
pub fn decode_answer(body: &[u8]) -> Result<Answer, ProviderFault> {
    let message: WireMessage<'_> = match serde_json::from_slice(body) {
        Ok(message) => message,
        Err(error) => return Err(protocol(&error.to_string())),
    };
    let Some(content) = message.content else {
        return Err(match serde_json::from_slice::<WireKind<'_>>(body) {
            Ok(WireKind { kind }) if kind == "error" => decode_fault(200, body),
            _ => protocol("it has no content"),
        });
    };
    Ok(Answer {
        id: message.id,
        model: message.model,
        created: 0,
        content: content.into_iter().filter_map(part).collect(),
        finish: message.stop_reason.as_deref().map(finish_of),
        stop_sequence: message.stop_sequence,
        usage: message.usage.map(Into::into),
    })
}

fn protocol(why: &str) -> ProviderFault {
    ProviderFault::new(FaultClass::Protocol, format!("the provider's answer is not of the form Messages: {why}"))
}

fn part(block: WireBlock<'_>) -> Option<Part> {
    match &*block.kind {
        "text" => block.text.map(Part::text),
        "tool_use" => Some(Part::ToolCall {
            id: block.id.unwrap_or_default(),
            name: block.name.unwrap_or_default(),
            arguments: block.input.map_or("{}", |input| input.get()).to_owned(),
        }),
        "thinking" => {
            let signature = block.signature.filter(|proof| !proof.is_empty());
            Some(Part::Reasoning { text: block.thinking.unwrap_or_default(), signature })
        }
        "redacted_thinking" => block.data.map(|data| Part::RedactedReasoning { data }),
        _ => None,
    }
}

/// Writes a whole answer for the caller.
///
/// Refusals become text, and the answer then ends with `refusal`. Thoughts stand with an empty signature where they have
/// none, and not at all where the caller is not to see them. A call's id stays as its provider gave it; arguments that
/// are no JSON object are wrapped into one. Without a usage all counts are 0.
pub fn encode_answer(answer: &Answer, context: &AnswerContext) -> Value {
    let mut held = Held::default();
    let mut content = Vec::with_capacity(answer.content.len());
    for part in &answer.content {
        match part {
            Part::Text { text, .. } if !text.is_empty() => content.push(json!({"type": "text", "text": text})),
            Part::Refusal { text } => {
                held.refusal = true;
                content.push(json!({"type": "text", "text": text}));
            }
            Part::ToolCall { id, name, arguments } => {
                held.calls = true;
                content.push(json!({"type": "tool_use", "id": id, "name": name, "input": tool_input(arguments)}));
            }
            Part::Reasoning { text, signature } if context.show_reasoning => {
                let signature = signature.as_deref().unwrap_or_default();
                content.push(json!({"type": "thinking", "thinking": text, "signature": signature}));
            }
            Part::RedactedReasoning { data } if context.show_reasoning => {
                content.push(json!({"type": "redacted_thinking", "data": data}));
            }
            // What is hidden, empty, or never part of an answer.
            _ => {}
        }
    }
    json!({
        "id": context.id,
        "type": "message",
        "role": "assistant",
        "model": context.model,
        "content": content,
        "stop_reason": answer.finish.map(|finish| stop_reason(finish, held)),
        "stop_sequence": answer.stop_sequence,
        "usage": WireUsage::from(answer.usage.unwrap_or_default()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Finish, Usage};

    fn context(show_reasoning: bool) -> AnswerContext {
        AnswerContext {
            id: "msg_1".into(),
            model: "claude-sonnet-5-5".into(),
            created: 0,
            stream_usage: false,
            show_reasoning,
        }
    }

    fn answer() -> Answer {
        Answer {
            id: "msg_1".into(),
            model: "claude-sonnet-5-5".into(),
            created: 0,
            content: vec![
                Part::Reasoning { text: "Hm".into(), signature: Some("sig".into()) },
                Part::RedactedReasoning { data: "xyz".into() },
                Part::text("Let me see."),
                Part::ToolCall { id: "call_9".into(), name: "weather".into(), arguments: "{\"city\":\"Rome\"}".into() },
            ],
            finish: Some(Finish::ToolCalls),
            stop_sequence: None,
            usage: Some(Usage { input: 100, cached: 80, cache_write: 5, output: 12, reasoning: 4 }),
        }
    }

    #[test]
    fn an_answer_for_the_caller() {
        insta::assert_json_snapshot!(encode_answer(&answer(), &context(true)));
    }

    #[test]
    fn an_answer_comes_back_as_it_was() {
        let bytes = serde_json::to_vec(&encode_answer(&answer(), &context(true))).unwrap();
        assert_eq!(decode_answer(&bytes).unwrap(), answer());
    }

    #[test]
    fn hidden_thoughts_do_not_leave() {
        let written = encode_answer(&answer(), &context(false)).to_string();
        assert!(!written.contains("thinking\",") && !written.contains("Hm") && !written.contains("xyz"), "{written}");
    }

    #[test]
    fn a_refusal_is_text_and_says_that_it_is_one() {
        let mut refused = answer();
        refused.content = vec![Part::Refusal { text: "No.".into() }];
        refused.finish = Some(Finish::Stop);
        let written = encode_answer(&refused, &context(true));
        assert_eq!(written["content"], json!([{"type": "text", "text": "No."}]));
        assert_eq!(written["stop_reason"], "refusal");
    }

    #[test]
    fn blocks_of_anthropics_own_tools_are_passed_over() {
        let body = br#"{"id":"msg_2","type":"message","role":"assistant","model":"m","content":[
            {"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"x"}},
            {"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result","url":"u"}]},
            {"type":"text","text":"Found.","citations":[{"type":"web_search_result_location"}]},
            {"type":"tool_use","id":"t","name":"f","input":{}}],
            "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":2},"extra":1}"#;
        let answer = decode_answer(body).unwrap();
        let call = Part::ToolCall { id: "t".into(), name: "f".into(), arguments: "{}".into() };
        assert_eq!(answer.content, [Part::text("Found."), call]);
        assert_eq!(answer.usage.unwrap().total(), 5);
    }

    #[test]
    fn fault_10_an_error_with_status_200_is_an_error() {
        let body = br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}"#;
        let fault = decode_answer(body).unwrap_err();
        assert_eq!((fault.class, fault.message.as_str()), (FaultClass::Overloaded, "Overloaded"));
        for strange in [&b"<html>"[..], b"{}", b"[]", b"{\"content\":5}", b""] {
            assert_eq!(decode_answer(strange).unwrap_err().class, FaultClass::Protocol);
        }
    }
}
