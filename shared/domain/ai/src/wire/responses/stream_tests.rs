//! Streams out.

use super::{Echo, StreamEncoder, encode_answer};
use crate::wire::AnswerContext;
use crate::{Assembly, FaultClass, Finish, ProviderFault, StreamEvent, Usage};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn context(show_reasoning: bool) -> AnswerContext {
    AnswerContext {
        id: "resp_0199".to_owned(),
        model: "claude".to_owned(),
        created: 1_790_000_000,
        stream_usage: false,
        show_reasoning,
    }
}

fn echo() -> Echo {
    Echo::new(&Map::new())
}

/// The events' data. Checks what all of them have: an `event:` line that is their type, and a number that counts.
fn encode(events: &[StreamEvent], show_reasoning: bool) -> Vec<Value> {
    let mut encoder = StreamEncoder::new(context(show_reasoning), &echo());
    let frames = events.iter().flat_map(|event| encoder.push(event)).collect::<Vec<_>>();
    let read = |(number, frame): (usize, &bytes::Bytes)| {
        let text = std::str::from_utf8(frame).unwrap();
        let (name, data) = text.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
        let data = serde_json::from_str::<Value>(data.strip_suffix("\n\n").unwrap()).unwrap();
        assert_eq!((data["type"].as_str(), data["sequence_number"].as_u64()), (Some(name), Some(number as u64)));
        data
    };
    frames.iter().enumerate().map(read).collect()
}

/// What the SDKs do with the events: items, parts and texts are put where the events say.
fn accumulate(events: &[Value]) -> Value {
    let mut response = Value::Null;
    for event in events {
        let at = |name: &str| usize::try_from(event[name].as_u64().unwrap()).unwrap();
        let kind = event["type"].as_str().unwrap();
        let push = |list: &mut Value, index: usize, value: &Value| {
            let list = list.as_array_mut().unwrap();
            assert_eq!(list.len(), index, "{event}");
            list.push(value.clone());
        };
        let append = |text: &mut Value| {
            *text = (text.as_str().unwrap().to_owned() + event["delta"].as_str().unwrap()).into();
        };
        match kind {
            "response.created" => response = event["response"].clone(),
            "response.output_item.added" => push(&mut response["output"], at("output_index"), &event["item"]),
            "response.in_progress" | "response.output_text.done" | "response.refusal.done" => {}
            "response.completed" | "response.incomplete" => {
                assert_eq!(response["output"], event["response"]["output"]);
                response = event["response"].clone();
            }
            _ => {
                let item = &mut response["output"][at("output_index")];
                if event.get("item_id").is_some() {
                    assert_eq!(item["id"], event["item_id"]);
                }
                match kind {
                    "response.content_part.added" => push(&mut item["content"], at("content_index"), &event["part"]),
                    "response.output_text.delta" => append(&mut item["content"][at("content_index")]["text"]),
                    "response.refusal.delta" => append(&mut item["content"][at("content_index")]["refusal"]),
                    "response.content_part.done" => assert_eq!(item["content"][at("content_index")], event["part"]),
                    "response.function_call_arguments.delta" => append(&mut item["arguments"]),
                    "response.function_call_arguments.done" => assert_eq!(item["arguments"], event["arguments"]),
                    "response.reasoning_summary_part.added" => {
                        push(&mut item["summary"], at("summary_index"), &event["part"]);
                    }
                    "response.reasoning_summary_text.delta" => {
                        append(&mut item["summary"][at("summary_index")]["text"]);
                    }
                    "response.reasoning_summary_text.done" => {
                        assert_eq!(item["summary"][at("summary_index")]["text"], event["text"]);
                    }
                    "response.reasoning_summary_part.done" => {
                        assert_eq!(item["summary"][at("summary_index")], event["part"]);
                    }
                    "response.output_item.done" => *item = event["item"].clone(),
                    _ => panic!("{event}"),
                }
            }
        }
    }
    response
}

fn text(text: &str) -> StreamEvent {
    StreamEvent::Text(text.to_owned())
}

fn events() -> Vec<StreamEvent> {
    let call = |index, id: &str| StreamEvent::ToolCallStart { index, id: id.to_owned(), name: "f".to_owned() };
    let json = |index, json: &str| StreamEvent::ToolCallArguments { index, json: json.to_owned() };
    let usage = Usage { input: 20, output: 1, ..Usage::default() };
    vec![
        StreamEvent::Start { id: "i".to_owned(), model: "m".to_owned(), created: 0, usage: Some(usage) },
        StreamEvent::Reasoning("Two ".to_owned()),
        StreamEvent::Reasoning("cities.".to_owned()),
        StreamEvent::ReasoningSignature("s".to_owned()),
        text("Looking \"it"),
        text("\" up."),
        call(0, "a"),
        json(0, "{\"x\""),
        call(1, "b"),
        json(1, "{}"),
        json(0, ":1}"),
        StreamEvent::Finish { reason: Finish::ToolCalls, stop_sequence: None },
        StreamEvent::Usage(Usage { input: 20, output: 9, ..Usage::default() }),
        StreamEvent::End,
    ]
}

#[test]
fn a_stream_in_this_form() {
    let encoded = encode(&events(), true);
    let lines = encoded.iter().map(|event| {
        // The whole response stands in the snapshot of the whole answer.
        let mut event = event.clone();
        if event["response"].is_object() {
            event["response"] = json!({"status": event["response"]["status"], "usage": event["response"]["usage"]});
        }
        event.to_string()
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

/// Fault 10 of the research page: a failure after the 200 is told as one, with what had come, and nothing follows.
#[test]
fn fault_10_a_failure_in_mid_stream_fails_the_response() {
    let fault = ProviderFault::new(FaultClass::Overloaded, "busy");
    let encoded = encode(&[text("Half an ans"), StreamEvent::Error(fault), StreamEvent::End], false);
    let [.., failed, error] = &encoded[..] else { panic!("{encoded:?}") };
    assert_eq!(
        (failed["type"].as_str(), failed["response"]["status"].as_str()),
        (Some("response.failed"), Some("failed"))
    );
    assert_eq!(failed["response"]["error"], json!({"code": "server_error", "message": "busy"}));
    assert_eq!(failed["response"]["output"][0]["content"][0]["text"], "Half an ans");
    assert_eq!(failed["response"]["output"][0]["status"], "incomplete");
    // The documented members, and `error`, which is what the SDKs look for.
    assert_eq!((error["type"].as_str(), error["message"].as_str()), (Some("error"), Some("busy")));
    assert_eq!(error["error"]["code"], "overloaded");
}

#[test]
fn a_stream_that_is_cut_off_is_incomplete() {
    let finish = StreamEvent::Finish { reason: Finish::Length, stop_sequence: None };
    let encoded = encode(&[text("a"), finish, StreamEvent::End], false);
    let last = encoded.last().unwrap();
    assert_eq!(last["type"], "response.incomplete");
    assert_eq!(last["response"]["incomplete_details"], json!({"reason": "max_output_tokens"}));
    assert_eq!(last["response"]["output"][0]["status"], "incomplete");
}

#[test]
fn thoughts_that_are_not_shown_are_not_told_but_their_signature_is_kept() {
    let encoded = encode(&events(), false);
    assert!(encoded.iter().all(|event| !event["type"].as_str().unwrap().contains("summary")));
    let response = accumulate(&encoded);
    assert_eq!(response["output"][0]["type"], "reasoning");
    assert_eq!(response["output"][0]["summary"], json!([]));
    assert!(response["output"][0]["encrypted_content"].is_string());

    let mut unsigned = events();
    unsigned.remove(3);
    assert_eq!(accumulate(&encode(&unsigned, false))["output"][0]["type"], "message");
}

fn any_event() -> impl Strategy<Value = Vec<StreamEvent>> {
    let words = || "[a-zä\"\\\\\n]{1,6}";
    prop_oneof![
        4 => words().prop_map(|text| vec![StreamEvent::Text(text)]),
        1 => words().prop_map(|text| vec![StreamEvent::Refusal(text)]),
        2 => (words(), words()).prop_map(|(text, proof)| {
            vec![StreamEvent::Reasoning(text), StreamEvent::ReasoningSignature(proof)]
        }),
        1 => words().prop_map(|data| vec![StreamEvent::RedactedReasoning(data)]),
        2 => words().prop_map(|name| vec![StreamEvent::ToolCallStart { index: 0, id: String::new(), name }]),
        3 => (0..4_u32, words()).prop_map(|(index, json)| vec![StreamEvent::ToolCallArguments { index, json }]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// However the pieces come, a client that puts them together has what it would have had in one.
    #[test]
    fn what_clients_put_together_is_the_whole_answer(
        pieces in prop::collection::vec(any_event(), 0..12),
        show_reasoning in any::<bool>(),
        reason in prop::sample::select(vec![Finish::Stop, Finish::Length, Finish::ToolCalls, Finish::ContentFilter]),
        usage in any::<Option<(u32, u32)>>(),
    ) {
        let mut events = pieces.into_iter().flatten().collect::<Vec<_>>();
        let mut calls = 0;
        for event in &mut events {
            if let StreamEvent::ToolCallStart { index, id, .. } = event {
                *index = calls;
                *id = format!("call_{calls}");
                calls += 1;
            }
        }
        events.push(StreamEvent::Finish { reason, stop_sequence: None });
        events.extend(usage.map(|(input, output)| {
            StreamEvent::Usage(Usage { input: input.into(), output: output.into(), ..Usage::default() })
        }));
        events.push(StreamEvent::End);
        let mut assembly = Assembly::default();
        events.iter().for_each(|event| assembly.push(event));
        let whole = encode_answer(assembly.answer(), &context(show_reasoning), &echo());
        prop_assert_eq!(accumulate(&encode(&events, show_reasoning)), whole);
    }
}
