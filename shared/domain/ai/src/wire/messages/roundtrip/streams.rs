//! Answers in pieces, written and read again.

use crate::ports::ServerSentEvent;
use crate::wire::AnswerContext;
use crate::wire::messages::{StreamDecoder, StreamEncoder};
use crate::{Assembly, FaultClass, Finish, ProviderFault, StreamEvent, Usage};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::Value;

fn context() -> AnswerContext {
    AnswerContext { id: "msg_1".into(), model: "m".into(), created: 0, stream_usage: false, show_reasoning: true }
}

fn start() -> StreamEvent {
    StreamEvent::Start { id: "msg_1".into(), model: "m".into(), created: 0, usage: None }
}

fn written(events: &[StreamEvent]) -> Vec<ServerSentEvent> {
    let mut encoder = StreamEncoder::new(context(), 7);
    let frames = events.iter().flat_map(|event| encoder.push(event));
    frames
        .map(|frame| {
            let text = std::str::from_utf8(&frame).unwrap();
            let (name, data) = text.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
            let data = data.strip_suffix("\n\n").unwrap();
            assert!(!data.contains('\n'), "a frame is one event: {data:?}");
            ServerSentEvent { name: name.to_owned(), data: data.to_owned() }
        })
        .collect()
}

fn read(frames: &[ServerSentEvent]) -> Vec<StreamEvent> {
    let mut decoder = StreamDecoder::default();
    frames.iter().flat_map(|frame| decoder.push(frame).unwrap()).collect()
}

fn assembled(events: &[StreamEvent]) -> Assembly {
    let mut assembly = Assembly::default();
    events.iter().for_each(|event| assembly.push(event));
    assembly
}

/// Fails where a reader that follows the specification would.
fn judge(frames: &[ServerSentEvent]) {
    let (mut open, mut next, mut told, mut over) = (None, 0, false, false);
    for (position, frame) in frames.iter().enumerate() {
        let data: Value = serde_json::from_str(&frame.data).unwrap();
        assert_eq!(data["type"], frame.name.as_str(), "the data names the event");
        assert_eq!(position == 0, frame.name == "message_start" || (position == 0 && frame.name == "error"));
        assert!(!over, "nothing follows the end: {frame:?}");
        match frame.name.as_str() {
            "message_start" => {}
            "content_block_start" => {
                assert!(open.is_none() && !told, "blocks overlap: {frame:?}");
                assert_eq!(data["index"], next, "blocks are numbered as they come");
                open = Some(next);
                next += 1;
            }
            "content_block_delta" => assert_eq!(data["index"].as_u64(), open, "a delta of a block that is not open"),
            "content_block_stop" => assert_eq!(data["index"].as_u64(), open.take(), "a block that is not open ends"),
            "message_delta" => {
                assert!(open.is_none(), "the finish stands within a block");
                told = true;
            }
            "message_stop" => {
                assert!(open.is_none());
                over = true;
            }
            "error" => over = true,
            other => panic!("not an event of this form: {other}"),
        }
    }
}

fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), Just("{".into()), Just("}".into()), Just("{\"a\":1}".into()), "[\"\\\\a }]{0,4}"]
}

fn anything() -> impl Strategy<Value = StreamEvent> {
    prop_oneof![
        3 => ".{0,5}".prop_map(StreamEvent::Text),
        1 => ".{0,5}".prop_map(StreamEvent::Refusal),
        2 => ".{0,5}".prop_map(StreamEvent::Reasoning),
        1 => "[a-z]{0,3}".prop_map(StreamEvent::ReasoningSignature),
        1 => "[a-z]{0,3}".prop_map(StreamEvent::RedactedReasoning),
        4 => (0..4_u32).prop_map(|index| StreamEvent::ToolCallStart { index, id: format!("call_{index}"), name: "f".into() }),
        8 => (0..4_u32, fragment()).prop_map(|(index, json)| StreamEvent::ToolCallArguments { index, json }),
        1 => Just(StreamEvent::Finish { reason: Finish::Stop, stop_sequence: None }),
        1 => (0..9_u64).prop_map(|output| StreamEvent::Usage(Usage { input: 3, output, ..Usage::default() })),
        1 => Just(start()),
    ]
}

fn ending() -> impl Strategy<Value = Option<StreamEvent>> {
    let error = StreamEvent::Error(ProviderFault::new(FaultClass::Server, "broke"));
    prop_oneof![2 => Just(Some(StreamEvent::End)), 1 => Just(Some(error)), 1 => Just(None)]
}

/// A piece of an answer as a model would give it.
#[derive(Debug, Clone)]
enum Item {
    Text(Vec<String>),
    Thought(Vec<String>, Option<String>),
    Redacted(String),
    /// Calls with the pieces of their arguments, and the order in which they are told.
    Calls(Vec<Vec<String>>, Vec<usize>),
}

fn pieces() -> impl Strategy<Value = Vec<String>> {
    vec(".{1,6}", 1..4)
}

fn object_in_pieces() -> impl Strategy<Value = Vec<String>> {
    (btree_map("[a-z\"{]{1,3}", ".{0,4}", 0..3), vec(1..5_usize, 1..8)).prop_map(|(map, lengths)| {
        let letters: Vec<char> = serde_json::to_string(&map).unwrap().chars().collect();
        let mut rest = letters.as_slice();
        let mut pieces = Vec::new();
        for length in lengths {
            let (piece, more) = rest.split_at(length.min(rest.len()));
            pieces.push(piece.iter().collect());
            rest = more;
        }
        pieces.push(rest.iter().collect());
        pieces
    })
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        pieces().prop_map(Item::Text),
        (pieces(), proptest::option::of("[a-z]{1,4}")).prop_map(|(text, signature)| Item::Thought(text, signature)),
        "[a-z]{1,4}".prop_map(|signature| Item::Thought(vec![], Some(signature))),
        "[a-z]{1,4}".prop_map(Item::Redacted),
        (vec(object_in_pieces(), 1..4), vec(0..4_usize, 0..30)).prop_map(|(calls, order)| Item::Calls(calls, order)),
    ]
}

fn told(items: &[Item], finish: Finish, usage: Usage) -> Vec<StreamEvent> {
    let mut events = vec![start()];
    let mut next = 0;
    for item in items {
        match item {
            Item::Text(pieces) => events.extend(pieces.iter().cloned().map(StreamEvent::Text)),
            Item::Thought(pieces, signature) => {
                if pieces.is_empty() {
                    events.push(StreamEvent::Reasoning(String::new()));
                }
                events.extend(pieces.iter().cloned().map(StreamEvent::Reasoning));
                events.extend(signature.clone().map(StreamEvent::ReasoningSignature));
            }
            Item::Redacted(data) => events.push(StreamEvent::RedactedReasoning(data.clone())),
            Item::Calls(calls, order) => {
                interleave(calls, order, next, &mut events);
                next += u32::try_from(calls.len()).unwrap();
            }
        }
    }
    let called = items.iter().any(|item| matches!(item, Item::Calls(..)));
    let reason = if called && finish == Finish::Stop { Finish::ToolCalls } else { finish };
    events.push(StreamEvent::Finish { reason, stop_sequence: None });
    events.push(StreamEvent::Usage(usage));
    events.push(StreamEvent::End);
    events
}

fn interleave(calls: &[Vec<String>], order: &[usize], first: u32, events: &mut Vec<StreamEvent>) {
    let index = |call: usize| first + u32::try_from(call).unwrap();
    let mut left: Vec<_> = calls.iter().map(|pieces| pieces.iter()).collect();
    let mut begun = 0;
    let all = 0..calls.len();
    let rest = all.clone().chain(all.flat_map(|call| vec![call; calls[call].len()]));
    for call in order.iter().copied().chain(rest) {
        if begun < calls.len() && call >= begun {
            events.push(StreamEvent::ToolCallStart {
                index: index(begun),
                id: format!("call_{begun}"),
                name: "f".into(),
            });
            begun += 1;
        } else if let Some(json) = left.get_mut(call).and_then(Iterator::next) {
            events.push(StreamEvent::ToolCallArguments { index: index(call), json: json.clone() });
        }
    }
}

fn finish() -> impl Strategy<Value = Finish> {
    use Finish::{ContextExceeded, Length, Pause, Refusal, Stop, StopSequence, ToolCalls};
    proptest::sample::select(vec![Stop, StopSequence, Length, ToolCalls, Refusal, Pause, ContextExceeded])
}

proptest! {
    #[test]
    fn fault_14_blocks_never_overlap_in_any_order_of_events(
        events in vec(anything(), 0..40),
        end in ending(),
    ) {
        let events: Vec<_> = events.into_iter().chain(end).collect();
        judge(&written(&events));
    }

    #[test]
    fn a_written_stream_reads_as_the_answer_that_it_was(
        items in vec(item(), 0..6),
        finish in finish(),
        (fresh, cached, cache_write, output, reasoning) in (0..99_u64, 0..99_u64, 0..99_u64, 0..99_u64, 0..9_u64),
    ) {
        let usage = Usage { input: fresh + cached + cache_write, cached, cache_write, output, reasoning };
        let events = told(&items, finish, usage);
        let frames = written(&events);
        judge(&frames);
        let again = assembled(&read(&frames));
        prop_assert!(again.is_complete());
        let before = assembled(&events);
        prop_assert_eq!(again.answer(), before.answer());
    }

    #[test]
    fn where_a_text_is_cut_changes_nothing(text in ".{1,30}", cuts in vec(0..30_usize, 0..6)) {
        let letters: Vec<char> = text.chars().collect();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(letters.len())).collect();
        cuts.extend([0, letters.len()]);
        cuts.sort_unstable();
        let pieces: Vec<StreamEvent> =
            cuts.windows(2).map(|cut| StreamEvent::Text(letters[cut[0]..cut[1]].iter().collect())).collect();
        let cut = assembled(&read(&written(&pieces)));
        let whole = assembled(&read(&written(&[StreamEvent::Text(text)])));
        prop_assert_eq!(cut.answer(), whole.answer());
    }
}
