//! Streams: what providers send, and there and back.

use super::{StreamDecoder, StreamEncoder};
use crate::ports::ServerSentEvent;
use crate::wire::AnswerContext;
use crate::{Answer, Assembly, FaultClass, Finish, Part, StreamEvent, Usage};
use proptest::prelude::*;
use serde_json::{Value, json};

fn event(data: &str) -> ServerSentEvent {
    ServerSentEvent { name: String::new(), data: data.to_owned() }
}

fn decode_all(decoder: &mut StreamDecoder, chunks: &[String]) -> Vec<StreamEvent> {
    chunks.iter().flat_map(|chunk| decoder.push(&event(chunk)).unwrap()).collect()
}

fn decode(chunks: &[Value]) -> Vec<StreamEvent> {
    let mut chunks = chunks.iter().map(Value::to_string).collect::<Vec<_>>();
    chunks.push("[DONE]".to_owned());
    decode_all(&mut StreamDecoder::default(), &chunks)
}

fn assemble<'a>(events: impl IntoIterator<Item = &'a StreamEvent>) -> Assembly {
    let mut assembly = Assembly::default();
    events.into_iter().for_each(|event| assembly.push(event));
    assembly
}

fn answer(events: &[StreamEvent]) -> Answer {
    let assembly = assemble(events);
    assert!(assembly.is_complete(), "{events:?}");
    assembly.into_answer()
}

fn chunk(delta: Value, finish: Value) -> Value {
    let mut chunk = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 7, "model": "gpt",
        "usage": null, "choices": [{"index": 0, "logprobs": null}]});
    chunk["choices"][0]["delta"] = delta;
    chunk["choices"][0]["finish_reason"] = finish;
    chunk
}

fn usage_chunk(output: u64) -> Value {
    json!({"id": "chatcmpl-1", "created": 7, "model": "gpt", "choices": [],
        "usage": {"prompt_tokens": 9, "completion_tokens": output, "total_tokens": 9 + output}})
}

fn call(id: &str, arguments: &str) -> Part {
    Part::ToolCall { id: id.to_owned(), name: "f".to_owned(), arguments: arguments.to_owned() }
}

/// Fault 12 of the research page: Azure begins with a chunk that has the filter's results and no choices, and later sends
/// choices without `delta`.
#[test]
fn fault_12_azure_begins_with_empty_choices_and_leaves_deltas_out() {
    let events = decode(&[
        json!({"choices": [], "created": 0, "id": "", "model": "", "object": "",
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]}),
        chunk(json!({"role": "assistant", "content": "", "refusal": null}), Value::Null),
        chunk(json!({"content": "Hi"}), Value::Null),
        json!({"id": "", "choices": [{"index": 0, "finish_reason": null, "content_filter_offsets": {}}]}),
        chunk(json!({}), json!("stop")),
        usage_chunk(1),
    ]);
    let start = StreamEvent::Start { id: "chatcmpl-1".to_owned(), model: "gpt".to_owned(), created: 7, usage: None };
    let expected = [
        start,
        StreamEvent::Text("Hi".to_owned()),
        StreamEvent::Finish { reason: Finish::Stop, stop_sequence: None },
        StreamEvent::Usage(Usage { input: 9, output: 1, ..Usage::default() }),
        StreamEvent::End,
    ];
    assert_eq!(events, expected);
}

/// Fault 12 of the research page: the usage comes after `finish_reason`, or with it.
#[test]
fn fault_12_usage_after_the_end_and_together_with_it() {
    let expected = Some(Usage { input: 9, output: 4, ..Usage::default() });
    let text = chunk(json!({"content": "Hi"}), Value::Null);
    let after = decode(&[text.clone(), chunk(json!({}), json!("length")), usage_chunk(4)]);
    let mut last = chunk(json!({"content": null}), json!("length"));
    last["usage"] = usage_chunk(4)["usage"].clone();
    let together = decode(&[text, last]);
    for events in [after, together] {
        let answer = answer(&events);
        assert_eq!((answer.usage, answer.finish), (expected, Some(Finish::Length)));
    }
}

/// Fault 2 of the research page: what is paid is the last usage that was reported, not the first.
#[test]
fn fault_02_the_last_usage_counts_where_every_chunk_has_one() {
    let with_usage = |text: &str, output| {
        let mut chunk = chunk(json!({"content": text}), Value::Null);
        chunk["usage"] = usage_chunk(output)["usage"].clone();
        chunk
    };
    let chunks = [with_usage("a", 1), with_usage("b", 2), chunk(json!({}), json!("stop")), usage_chunk(30)];
    assert_eq!(answer(&decode(&chunks)).usage.unwrap().output, 30);
    assert_eq!(assemble(&decode(&chunks[..2])).into_answer().usage.unwrap().output, 2);
}

/// Fault 14 of the research page: parallel calls are told in turns.
#[test]
fn fault_14_parallel_calls_are_told_in_turns() {
    let piece = |index: u32, id: Value, name: Value, arguments: &str| {
        let function = json!({"name": name, "arguments": arguments});
        json!({"index": index, "id": id, "type": "function", "function": function})
    };
    let calls =
        |calls: Vec<Value>| chunk(json!({"role": "assistant", "content": null, "tool_calls": calls}), Value::Null);
    let chunks = [
        calls(vec![piece(0, json!("a"), json!("f"), "")]),
        calls(vec![piece(1, json!("b"), json!("f"), "{\"x\""), piece(0, Value::Null, Value::Null, "{\"y\"")]),
        // Some servers repeat id and name on every piece.
        calls(vec![piece(1, json!("b"), json!("f"), ":1}")]),
        calls(vec![piece(0, Value::Null, Value::Null, ":2}")]),
        chunk(json!({}), json!("tool_calls")),
    ];
    let answer = answer(&decode(&chunks));
    assert_eq!(answer.content, [call("a", "{\"y\":2}"), call("b", "{\"x\":1}")]);
    assert_eq!(answer.finish, Some(Finish::ToolCalls));
}

/// Fault 14 of the research page, where the index says nothing.
#[test]
fn fault_14_calls_without_an_index_or_all_under_one() {
    let calls = |calls: Value| chunk(json!({"tool_calls": calls}), Value::Null);
    let piece = |id: &str, arguments: Value| json!({"id": id, "function": {"name": "f", "arguments": arguments}});
    let without = [
        calls(json!([piece("a", json!("{\"x\""))])),
        calls(json!([{"function": {"arguments": ":1}"}}])),
        calls(json!([piece("b", json!({"y": 2}))])),
        calls(json!([{"function": {"name": "f", "arguments": "{}"}}])),
        chunk(json!({}), json!("stop")),
    ];
    let answer_without = answer(&decode(&without));
    let expected = [call("a", "{\"x\":1}"), call("b", "{\"y\":2}"), call("call_2_chatcmpl-1", "{}")];
    assert_eq!(answer_without.content, expected);
    assert_eq!(answer_without.finish, Some(Finish::ToolCalls));

    let at_zero = |id: &str| json!([{"index": 0, "id": id, "function": {"name": "f", "arguments": "{}"}}]);
    let all_zero = [calls(at_zero("a")), calls(at_zero("b")), chunk(json!({}), json!("tool_calls"))];
    assert_eq!(answer(&decode(&all_zero)).content, [call("a", "{}"), call("b", "{}")]);
}

/// Fault 10 of the research page: an error in the stream is a failure, and what follows does not undo it.
#[test]
fn fault_10_an_error_in_the_stream_fails_it() {
    for error in [
        json!({"error": {"message": "overloaded", "type": "server_error", "code": "503", "param": null}}),
        json!({"object": "error", "message": "overloaded", "code": 503}),
    ] {
        let events = decode(&[chunk(json!({"content": "Hal"}), Value::Null), error]);
        let assembly = assemble(&events);
        let fault = assembly.error().unwrap();
        assert_eq!((fault.class, fault.message.as_str()), (FaultClass::Overloaded, "overloaded"));
        assert!(!assembly.is_complete() && matches!(events.last(), Some(StreamEvent::Error(_))), "{events:?}");
    }
    let named = ServerSentEvent { name: "error".to_owned(), data: r#"{"message":"gone"}"#.to_owned() };
    let events = StreamDecoder::default().push(&named).unwrap();
    assert!(matches!(&events[..], [StreamEvent::Error(fault)] if fault.message == "gone"), "{events:?}");
}

#[test]
fn what_is_no_chunk_is_a_protocol_fault() {
    for data in ["{\"choices\":[{", "<html>", "{\"choices\":{}}"] {
        let fault = StreamDecoder::default().push(&event(data)).unwrap_err();
        assert_eq!(fault.class, FaultClass::Protocol, "{data}");
    }
    assert_eq!(StreamDecoder::default().push(&event("  ")).unwrap(), []);
}

#[test]
fn thoughts_and_refusals_of_compatible_providers_are_read() {
    let events = decode(&[
        chunk(json!({"reasoning_content": "a", "content": null}), Value::Null),
        chunk(json!({"reasoning": "b"}), Value::Null),
        chunk(json!({"content": [{"type": "text", "text": "c"}]}), Value::Null),
        chunk(json!({"refusal": "d"}), json!("")),
        chunk(json!({}), json!("stop")),
        chunk(json!({}), json!("stop")),
    ]);
    let answer = answer(&events);
    let expected = [
        Part::Reasoning { text: "ab".to_owned(), signature: None },
        Part::text("c"),
        Part::Refusal { text: "d".to_owned() },
    ];
    assert_eq!(answer.content, expected);
    assert_eq!(answer.finish, Some(Finish::Refusal));
}

#[test]
fn of_several_choices_the_first_is_read() {
    let mut second = chunk(json!({"content": "no"}), json!("length"));
    second["choices"][0]["index"] = json!(1);
    let events = decode(&[chunk(json!({"content": "yes"}), Value::Null), second, chunk(json!({}), json!("stop"))]);
    let answer = answer(&events);
    assert_eq!((answer.content, answer.finish), (vec![Part::text("yes")], Some(Finish::Stop)));
}

fn words() -> impl Strategy<Value = String> {
    "[a-zä\u{1F389}\"\\\\\n{}]{1,10}"
}

/// Events as a provider may give them that this form can say: thoughts, text, calls in turns, an end, usage.
fn stream() -> impl Strategy<Value = Vec<StreamEvent>> {
    let pieces = || prop::collection::vec(words(), 0..4);
    let calls = prop::collection::vec(("[a-z]{1,6}", words()), 0..4);
    let turns = prop::collection::vec((any::<prop::sample::Index>(), words()), 0..8);
    let reasons = prop::sample::select(vec![Finish::Stop, Finish::Length, Finish::ContentFilter]);
    let usage = (any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>());
    (pieces(), pieces(), pieces(), calls, turns, reasons, usage).prop_map(
        |(thoughts, texts, refusals, calls, turns, reason, (input, cached, cache_write, output, reasoning))| {
            let mut events =
                vec![StreamEvent::Start { id: "i".to_owned(), model: "m".to_owned(), created: 5, usage: None }];
            let has_refusal = !refusals.is_empty();
            events.extend(thoughts.into_iter().map(StreamEvent::Reasoning));
            events.extend(texts.into_iter().map(StreamEvent::Text));
            events.extend(refusals.into_iter().map(StreamEvent::Refusal));
            let count = calls.len();
            for (index, (id, name)) in (0..).zip(calls) {
                events.push(StreamEvent::ToolCallStart { index, id: format!("{id}{index}"), name });
            }
            for (which, json) in turns.into_iter().filter(|_| count > 0) {
                let index = u32::try_from(which.index(count)).unwrap();
                events.push(StreamEvent::ToolCallArguments { index, json });
            }
            let reason = match reason {
                Finish::Stop if count > 0 => Finish::ToolCalls,
                Finish::Stop if has_refusal => Finish::Refusal,
                reason => reason,
            };
            events.push(StreamEvent::Finish { reason, stop_sequence: None });
            let counts = [input, cached, cache_write, output, reasoning].map(u64::from);
            let [input, cached, cache_write, output, reasoning] = counts;
            events.push(StreamEvent::Usage(Usage { input, cached, cache_write, output, reasoning }));
            events.push(StreamEvent::End);
            events
        },
    )
}

/// The `data:` of every frame that the encoder writes.
fn encode(events: &[StreamEvent]) -> Vec<String> {
    let mut encoder = StreamEncoder::new(AnswerContext {
        id: "i".to_owned(),
        model: "m".to_owned(),
        created: 5,
        stream_usage: true,
        show_reasoning: true,
    });
    let frames = events.iter().flat_map(|event| encoder.push(event)).collect::<Vec<_>>();
    let data = |frame: &[u8]| {
        let text = std::str::from_utf8(frame).unwrap();
        text.strip_prefix("data: ").and_then(|text| text.strip_suffix("\n\n")).unwrap().to_owned()
    };
    frames.iter().map(|frame| data(frame)).collect()
}

/// Every text of every event cut where `cuts` says.
fn cut(events: &[StreamEvent], cuts: &[prop::sample::Index]) -> Vec<StreamEvent> {
    let mut cuts = cuts.iter().cycle();
    let mut halves = |text: &str| {
        let places = text.char_indices().map(|(place, _)| place).collect::<Vec<_>>();
        let place = cuts.next().filter(|_| !places.is_empty()).map_or(0, |cut| *cut.get(&places));
        [text[..place].to_owned(), text[place..].to_owned()]
    };
    let mut all = Vec::new();
    for event in events {
        match event {
            StreamEvent::Text(text) => all.extend(halves(text).map(StreamEvent::Text)),
            StreamEvent::Refusal(text) => all.extend(halves(text).map(StreamEvent::Refusal)),
            StreamEvent::Reasoning(text) => all.extend(halves(text).map(StreamEvent::Reasoning)),
            StreamEvent::ToolCallArguments { index, json } => {
                all.extend(halves(json).map(|json| StreamEvent::ToolCallArguments { index: *index, json }));
            }
            other => all.push(other.clone()),
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_stream_there_and_back_is_the_same_answer(events in stream()) {
        let decoded = decode_all(&mut StreamDecoder::default(), &encode(&events));
        let (sent, received) = (assemble(&events), assemble(&decoded));
        prop_assert_eq!(sent.answer(), received.answer());
        prop_assert!(received.is_complete());
    }

    #[test]
    fn however_a_stream_is_cut_the_answer_is_the_same(
        events in stream(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..8),
        boundary in any::<prop::sample::Index>(),
    ) {
        let chunks = encode(&cut(&events, &cuts));
        // At any boundary the decoder may be put aside and taken up again.
        let (first, second) = chunks.split_at(boundary.index(chunks.len()));
        let mut decoder = StreamDecoder::default();
        let mut decoded = decode_all(&mut decoder, first);
        decoded.extend(decode_all(&mut decoder.clone(), second));
        prop_assert_eq!(assemble(&events).into_answer(), assemble(&decoded).into_answer());
    }
}
