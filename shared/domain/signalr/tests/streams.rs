//! Any messages, cut anywhere, in both encodings; and any bytes at all.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

#[path = "../fuzz/entry.rs"]
mod entry;

use bytes::Bytes;
use octavo_domain_signalr::{Decoder, Message, Outcome, Payload, Protocol, RECORD_BYTES_MAX, encode};
use proptest::prelude::*;
use serde_json::Value;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Fractions of 256: serde_json reads others to within one unit of the last place.
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 256.0)),
        "\\PC{0,12}".prop_map(Value::from),
        "[\\x00-\\x7f]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-z]{0,3}", inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn payload(protocol: Protocol) -> impl Strategy<Value = Payload> {
    value().prop_map(move |value| Payload::of(protocol, &value).unwrap())
}

fn id() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9\"\\\\é]{1,6}"
}

fn message(protocol: Protocol) -> impl Strategy<Value = Message> {
    let call = move || {
        let arguments = prop::collection::vec(payload(protocol), 0..4);
        ("\\PC{1,10}", arguments, prop::collection::vec(id(), 0..3))
    };
    let outcome = prop_oneof![
        "\\PC{0,20}".prop_map(Outcome::Error),
        Just(Outcome::Void),
        payload(protocol).prop_map(Outcome::Value),
    ];
    prop_oneof![
        (prop::option::of(id()), call()).prop_map(|(id, (target, arguments, stream_ids))| Message::Invocation {
            id,
            target,
            arguments,
            stream_ids
        }),
        (id(), call()).prop_map(|(id, (target, arguments, stream_ids))| Message::StreamInvocation {
            id,
            target,
            arguments,
            stream_ids
        }),
        (id(), payload(protocol)).prop_map(|(id, item)| Message::StreamItem { id, item }),
        (id(), outcome).prop_map(|(id, outcome)| Message::Completion { id, outcome }),
        id().prop_map(|id| Message::CancelInvocation { id }),
        Just(Message::Ping),
        (prop::option::of("\\PC{0,20}"), any::<bool>())
            .prop_map(|(error, allow_reconnect)| Message::Close { error, allow_reconnect }),
        any::<u64>().prop_map(|sequence_id| Message::Ack { sequence_id }),
        any::<u64>().prop_map(|sequence_id| Message::Sequence { sequence_id }),
    ]
}

fn messages() -> impl Strategy<Value = (Protocol, Vec<Message>)> {
    prop_oneof![Just(Protocol::Json), Just(Protocol::MessagePack)]
        .prop_flat_map(|protocol| (Just(protocol), prop::collection::vec(message(protocol), 1..5)))
}

fn decoded(protocol: Protocol, parts: &[&[u8]]) -> Vec<Message> {
    let mut decoder = Decoder::new(protocol, RECORD_BYTES_MAX);
    let mut found = Vec::new();
    for part in parts {
        let mut part = *part;
        while let Some(message) = decoder.decode(&mut part).unwrap() {
            found.push(message);
        }
    }
    assert_eq!(decoder.waiting_bytes(), 0);
    found
}

fn stream(protocol: Protocol, messages: &[Message]) -> Vec<u8> {
    messages.iter().flat_map(|message| encode(protocol, message).unwrap()).collect()
}

fn other(protocol: Protocol) -> Protocol {
    if protocol == Protocol::Json { Protocol::MessagePack } else { Protocol::Json }
}

/// The values of a message, whatever they are encoded in.
fn values(message: &Message) -> Vec<Value> {
    let payloads = match message {
        Message::Invocation { arguments, .. } | Message::StreamInvocation { arguments, .. } => arguments.clone(),
        Message::StreamItem { item, .. } => vec![item.clone()],
        Message::Completion { outcome: Outcome::Value(value), .. } => vec![value.clone()],
        _ => vec![],
    };
    payloads.iter().map(|payload| payload.decode().unwrap()).collect()
}

proptest! {
    #[test]
    fn messages_come_back_wherever_the_stream_is_cut((protocol, messages) in messages()) {
        let stream = stream(protocol, &messages);
        prop_assert_eq!(&decoded(protocol, &[&stream]), &messages);
        for at in 0..=stream.len() {
            prop_assert_eq!(&decoded(protocol, &[&stream[..at], &stream[at..]]), &messages, "cut at {}", at);
        }
        let single: Vec<&[u8]> = stream.chunks(1).collect();
        prop_assert_eq!(&decoded(protocol, &single), &messages);
    }

    #[test]
    fn values_are_the_same_in_the_other_encoding((protocol, messages) in messages()) {
        let translated = decoded(other(protocol), &[&stream(other(protocol), &messages)]);
        prop_assert_eq!(translated.len(), messages.len());
        let again = decoded(protocol, &[&stream(protocol, &translated)]);
        for ((message, translated), again) in messages.iter().zip(&translated).zip(&again) {
            prop_assert_eq!(std::mem::discriminant(message), std::mem::discriminant(translated));
            prop_assert_eq!(values(message), values(translated));
            prop_assert_eq!(values(message), values(again));
        }
    }

    #[test]
    fn every_record_is_whole_by_itself((protocol, messages) in messages()) {
        for message in &messages {
            let record = encode(protocol, message).unwrap();
            if protocol == Protocol::Json {
                prop_assert_eq!(record.iter().position(|byte| *byte == 0x1e), Some(record.len() - 1));
                prop_assert!(std::str::from_utf8(&record).is_ok());
            }
            prop_assert_eq!(&decoded(protocol, &[&record]), std::slice::from_ref(message));
        }
    }

    #[test]
    fn any_bytes_are_survived(input in prop::collection::vec(any::<u8>(), 0..400)) {
        entry::run(&input);
    }

    /// Streams that were right before some of their bytes were changed, doubled or lost go deeper than any bytes do.
    #[test]
    fn damaged_streams_are_survived(
        (protocol, messages) in messages(),
        cut in any::<u8>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..4), 0..6),
    ) {
        let mut input = vec![u8::from(protocol == Protocol::MessagePack), cut];
        input.extend(stream(protocol, &messages));
        for (at, byte, kind) in damage {
            let at = at.index(input.len()).max(2).min(input.len());
            match kind {
                0 if at < input.len() => input[at] = byte,
                1 if at < input.len() => drop(input.remove(at)),
                2 => input.insert(at, byte),
                _ => input.truncate(at),
            }
        }
        entry::run(&input);
    }

    /// JSON of brackets and quotes, MessagePack of headers of arrays, maps, text and extensions.
    #[test]
    fn records_of_nothing_but_structure_are_survived(
        text in "[\\[\\]{}\",:1a\\\\\u{1e} ]{0,200}",
        bytes in prop::collection::vec(prop::sample::select(&b"\x91\x92\x96\x80\x81\x01\x02\x03\xa0\xa1a\xc0\xc1\xc4\xc6\xc7\xc9\xd4\xd6\xd7\xd9\xdb\xdc\xdd\xde\xdf\xff\x7f\x00"[..]), 0..60),
    ) {
        entry::run(&[&[0, 7][..], text.as_bytes(), b"\x1e"].concat());
        let call = format!("{{\"type\":1,\"target\":\"a\",\"arguments\":[{text}]}}\u{1e}");
        entry::run(&[&[0, 7][..], call.as_bytes()].concat());
        entry::run(&[&[1, 7, bytes.len() as u8][..], &bytes].concat());
        let head = [0x95, 1, 0x80, 0xc0, 0xa1, b'a', 0x91];
        entry::run(&[&[1, 7, (head.len() + bytes.len()) as u8][..], &head, &bytes].concat());
    }
}

#[test]
fn nesting_is_bounded_in_what_is_received() {
    let json = |levels: usize| {
        let value = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let record = format!("{{\"type\":1,\"target\":\"a\",\"arguments\":[{value}]}}\u{1e}");
        Decoder::new(Protocol::Json, RECORD_BYTES_MAX).decode(&mut record.as_bytes())
    };
    assert!(json(120).is_ok());
    assert!(json(140).is_err());
    assert!(json(15_000).is_err());
    let packed = |levels: usize| {
        let value = [vec![0x91; levels], vec![1]].concat();
        let item = Payload::MessagePack(Bytes::from(value));
        let record = encode(Protocol::MessagePack, &Message::StreamItem { id: "1".to_owned(), item }).unwrap();
        Decoder::new(Protocol::MessagePack, RECORD_BYTES_MAX).decode(&mut &record[..])
    };
    assert!(packed(120).is_ok());
    assert!(packed(140).is_err());
    assert!(packed(30_000).is_err());
}

#[test]
fn a_record_of_nothing_but_commas_costs_no_more_than_its_bytes() {
    let record = format!("{{\"type\":1,\"target\":\"a\",\"arguments\":[{}0]}}\u{1e}", "0,".repeat(10_000));
    assert!(Decoder::new(Protocol::Json, RECORD_BYTES_MAX).decode(&mut record.as_bytes()).is_err());
    let arguments: Vec<u8> = vec![0; 10_000];
    assert!(Payload::list(Protocol::MessagePack, &arguments).is_err());
}
