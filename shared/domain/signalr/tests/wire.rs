//! The bytes of the specification's examples (HubProtocol.md), read and written.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use bytes::Bytes;
use octavo_domain_signalr::{
    Decoder, Message, Outcome, Payload, Protocol, RECORD_BYTES_MAX, ack, close, encode, failure, frames, frames_of,
    ping, sequence,
};

/// One MessagePack record, given as hexadecimal without its length.
fn packed(hex: &str) -> Bytes {
    let body: Vec<u8> = hex.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
    let mut record = vec![u8::try_from(body.len()).unwrap()];
    record.extend(body);
    record.into()
}

fn text(json: &str) -> Bytes {
    format!("{json}\u{1e}").into()
}

fn decoded(protocol: Protocol, record: &[u8]) -> Message {
    let mut input = record;
    let mut decoder = Decoder::new(protocol, RECORD_BYTES_MAX);
    let message = decoder.decode(&mut input).unwrap().unwrap();
    assert!(input.is_empty());
    assert_eq!(decoder.decode(&mut input), Ok(None));
    message
}

fn both_ways(protocol: Protocol, record: &Bytes, message: &Message) {
    assert_eq!(&decoded(protocol, record), message);
    assert_eq!(&encode(protocol, message).unwrap(), record, "{message:?}");
}

fn in_json(json: &str, message: &Message) {
    both_ways(Protocol::Json, &text(json), message);
}

fn in_message_pack(hex: &str, message: &Message) {
    both_ways(Protocol::MessagePack, &packed(hex), message);
}

fn invocation(id: Option<&str>, target: &str, arguments: Vec<Payload>, stream_ids: &[&str]) -> Message {
    let stream_ids = stream_ids.iter().map(|id| (*id).to_owned()).collect();
    Message::Invocation { id: id.map(str::to_owned), target: target.to_owned(), arguments, stream_ids }
}

fn json(text: &'static str) -> Payload {
    Payload::Json(Bytes::from_static(text.as_bytes()))
}

fn forty_two() -> Payload {
    Payload::MessagePack(Bytes::from_static(&[42]))
}

fn completion(id: &str, outcome: Outcome) -> Message {
    Message::Completion { id: id.to_owned(), outcome }
}

#[test]
fn the_json_examples_of_the_specification_hold() {
    let arguments = || vec![json("42"), json("\"Test Message\"")];
    in_json(
        r#"{"type":1,"invocationId":"123","target":"Send","arguments":[42,"Test Message"]}"#,
        &invocation(Some("123"), "Send", arguments(), &[]),
    );
    in_json(
        r#"{"type":1,"target":"Send","arguments":[42,"Test Message"]}"#,
        &invocation(None, "Send", arguments(), &[]),
    );
    in_json(
        r#"{"type":1,"invocationId":"123","target":"Send","arguments":[42],"streamIds":["1"]}"#,
        &invocation(Some("123"), "Send", vec![json("42")], &["1"]),
    );
    in_json(
        r#"{"type":4,"invocationId":"123","target":"Send","arguments":[42]}"#,
        &Message::StreamInvocation {
            id: "123".to_owned(),
            target: "Send".to_owned(),
            arguments: vec![json("42")],
            stream_ids: vec![],
        },
    );
    in_json(
        r#"{"type":2,"invocationId":"123","item":42}"#,
        &Message::StreamItem { id: "123".to_owned(), item: json("42") },
    );
    in_json(r#"{"type":3,"invocationId":"123"}"#, &completion("123", Outcome::Void));
    in_json(r#"{"type":3,"invocationId":"123","result":42}"#, &completion("123", Outcome::Value(json("42"))));
    in_json(
        r#"{"type":3,"invocationId":"123","error":"It didn't work!"}"#,
        &completion("123", Outcome::Error("It didn't work!".to_owned())),
    );
    in_json(r#"{"type":5,"invocationId":"123"}"#, &Message::CancelInvocation { id: "123".to_owned() });
    in_json(r#"{"type":6}"#, &Message::Ping);
    in_json(r#"{"type":7}"#, &Message::Close { error: None, allow_reconnect: false });
    let error = Some("Connection closed because of an error!".to_owned());
    in_json(
        r#"{"type":7,"error":"Connection closed because of an error!"}"#,
        &Message::Close { error: error.clone(), allow_reconnect: false },
    );
    in_json(
        r#"{"type":7,"error":"Connection closed because of an error!","allowReconnect":true}"#,
        &Message::Close { error, allow_reconnect: true },
    );
    in_json(r#"{"type":8,"sequenceId":1394}"#, &Message::Ack { sequence_id: 1394 });
    in_json(r#"{"type":9,"sequenceId":1234}"#, &Message::Sequence { sequence_id: 1234 });
}

#[test]
fn the_message_pack_examples_of_the_specification_hold() {
    in_message_pack(
        "96 01 80 a3 78 79 7a a6 6d 65 74 68 6f 64 91 2a 90",
        &invocation(Some("xyz"), "method", vec![forty_two()], &[]),
    );
    in_message_pack("96 01 80 c0 a6 6d 65 74 68 6f 64 91 2a 90", &invocation(None, "method", vec![forty_two()], &[]));
    in_message_pack(
        "96 04 80 a3 78 79 7a a6 6d 65 74 68 6f 64 91 2a 90",
        &Message::StreamInvocation {
            id: "xyz".to_owned(),
            target: "method".to_owned(),
            arguments: vec![forty_two()],
            stream_ids: vec![],
        },
    );
    in_message_pack("94 02 80 a3 78 79 7a 2a", &Message::StreamItem { id: "xyz".to_owned(), item: forty_two() });
    in_message_pack(
        "95 03 80 a3 78 79 7a 01 a5 45 72 72 6f 72",
        &completion("xyz", Outcome::Error("Error".to_owned())),
    );
    in_message_pack("94 03 80 a3 78 79 7a 02", &completion("xyz", Outcome::Void));
    in_message_pack("95 03 80 a3 78 79 7a 03 2a", &completion("xyz", Outcome::Value(forty_two())));
    in_message_pack("93 05 80 a3 78 79 7a", &Message::CancelInvocation { id: "xyz".to_owned() });
    in_message_pack("91 06", &Message::Ping);
    in_message_pack("93 07 a3 78 79 7a c3", &Message::Close { error: Some("xyz".to_owned()), allow_reconnect: true });
}

#[test]
fn the_message_pack_examples_that_we_write_otherwise_are_read() {
    let read = |hex| decoded(Protocol::MessagePack, &packed(hex));
    let close = |error: &str| Message::Close { error: Some(error.to_owned()), allow_reconnect: false };
    assert_eq!(read("92 07 a3 78 79 7a"), close("xyz"));
    assert_eq!(read("92 08 cc 24"), Message::Ack { sequence_id: 36 });
    assert_eq!(read("92 09 cc 13"), Message::Sequence { sequence_id: 19 });
    assert_eq!(
        read("96 01 82 a1 78 a1 79 a1 7a a1 7a a3 78 79 7a a6 6d 65 74 68 6f 64 91 2a 90"),
        invocation(Some("xyz"), "method", vec![forty_two()], &[]),
        "headers are passed over"
    );
}

#[test]
fn what_stock_clients_send_is_read() {
    // The JavaScript client has five elements where there are no streams.
    assert_eq!(
        decoded(Protocol::MessagePack, &packed("95 01 80 a1 30 a1 6d 91 2a")),
        invocation(Some("0"), "m", vec![forty_two()], &[])
    );
    assert_eq!(
        decoded(Protocol::MessagePack, &packed("96 01 80 a0 a1 6d 90 91 a1 31")),
        invocation(None, "m", vec![], &["1"]),
        "an empty id is none"
    );
    assert_eq!(
        decoded(Protocol::MessagePack, &packed("95 01 c0 c0 a1 6d 90")),
        invocation(None, "m", vec![], &[]),
        "no headers"
    );
    // The Python clients name whatever a message can have.
    assert_eq!(
        decoded(
            Protocol::Json,
            &text(r#"{"type": 3, "headers": {}, "result": null, "error": "no", "invocationId": "1"}"#)
        ),
        completion("1", Outcome::Error("no".to_owned()))
    );
    assert_eq!(
        decoded(Protocol::Json, &text(r#"{"type":3,"result":7,"error":null,"invocationId":"1"}"#)),
        completion("1", Outcome::Value(json("7")))
    );
    for record in [
        r#"{"arguments":[42],"target":"Send","type":1}"#,
        r#" { "type" : 1, "target" : "Send", "arguments" : [ 42 ] } "#,
        r#"{"type":1,"target":"Send","arguments":[42],"extra":{"a":[1]},"headers":{"a":"b"}}"#,
        r#"{"type":1,"invocationId":null,"target":"Send","arguments":[42],"streamIds":null}"#,
        r#"{"type":1,"invocationId":"","target":"\u0053end","arguments":[42],"streamIds":[]}"#,
    ] {
        assert_eq!(decoded(Protocol::Json, &text(record)), invocation(None, "Send", vec![json("42")], &[]), "{record}");
    }
    assert_eq!(
        decoded(Protocol::Json, &text(r#"{"type":3,"invocationId":"1","result":null}"#)),
        completion("1", Outcome::Value(json("null"))),
        "a result of null is a result"
    );
    assert_eq!(
        decoded(Protocol::Json, &text(r#"{"type":7,"error":null,"allowReconnect":null}"#)),
        Message::Close { error: None, allow_reconnect: false }
    );
}

#[test]
fn types_of_the_future_and_elements_of_the_future_are_passed_over() {
    let records = [text(r#"{"type":77,"target":5,"arguments":"none"}"#), text(r#"{"type":6,"more":1}"#)].concat();
    assert_eq!(decoded(Protocol::Json, &records), Message::Ping);
    let records = [packed("92 4d 01"), packed("93 06 01 02")].concat();
    assert_eq!(decoded(Protocol::MessagePack, &records), Message::Ping);
}

#[test]
fn a_record_that_breaks_the_protocol_is_refused() {
    let refused = |protocol, record: &[u8]| {
        let mut decoder = Decoder::new(protocol, RECORD_BYTES_MAX);
        assert!(decoder.decode(&mut &record[..]).is_err(), "{:?}", String::from_utf8_lossy(record));
    };
    for record in [
        "",
        "{}",
        "null",
        "[1]",
        r#"[1,null,"Send",[42]]"#,
        r#"{"type":"1"}"#,
        r#"{"type":null}"#,
        r#"{"type":1,"target":"Send"}"#,
        r#"{"type":1,"arguments":[]}"#,
        r#"{"type":1,"target":"","arguments":[]}"#,
        r#"{"type":1,"target":"Send","arguments":{}}"#,
        r#"{"type":1,"invocationId":7,"target":"Send","arguments":[]}"#,
        r#"{"type":1,"target":"Send","arguments":[],"streamIds":[1]}"#,
        r#"{"type":1,"target":"Send","arguments":[],"streamIds":[""]}"#,
        r#"{"type":2,"invocationId":"1"}"#,
        r#"{"type":2,"item":1}"#,
        r#"{"type":3,"invocationId":"1","error":"a","result":1}"#,
        r#"{"type":4,"target":"Send","arguments":[]}"#,
        r#"{"type":5}"#,
        r#"{"type":8}"#,
        r#"{"type":8,"sequenceId":-1}"#,
        r#"{"type":9,"sequenceId":1.5}"#,
        r#"{"type":6}{"type":6}"#,
        r#"{"type":6"#,
    ] {
        refused(Protocol::Json, &text(record));
    }
    refused(Protocol::Json, b"{\"type\":1,\"target\":\"\xff\",\"arguments\":[]}\x1e");
    for record in [
        "c0",
        "90",
        "91 a1 36",
        "91 ff",
        "94 01 80 c0 a1 6d",
        "95 01 90 c0 a1 6d 90",
        "95 01 80 c0 c0 90",
        "95 01 80 c0 a0 90",
        "95 01 80 07 a1 6d 90",
        "95 01 80 c0 a1 ff 90",
        "95 01 80 c0 a1 6d 91",
        "95 01 80 c0 a1 6d 91 c1",
        "95 01 80 c0 a1 6d 91 a1 ff",
        "95 01 80 c0 a1 6d 91 c6 ff ff ff ff 00",
        "95 01 80 c0 a1 6d dd ff ff ff ff 00",
        "95 01 df ff ff ff ff c0 a1 6d 90",
        "96 01 80 c0 a1 6d 90 91 07",
        "94 03 80 a1 30 03",
        "94 03 80 a1 30 04",
        "92 08 ff",
        "93 07 c0 07",
    ] {
        refused(Protocol::MessagePack, &packed(record));
    }
    refused(Protocol::MessagePack, &[0]);
    refused(Protocol::MessagePack, &[0xff, 0xff, 0xff, 0xff, 0x0f]);
    refused(Protocol::MessagePack, &[0x80, 0x80, 0x80, 0x80, 0x80, 0x01]);
}

#[test]
fn a_push_is_encoded_once_for_each_protocol() {
    let (text, packed) = frames("send", &("hi", 1)).unwrap();
    assert_eq!(text, "{\"type\":1,\"target\":\"send\",\"arguments\":[\"hi\",1]}\u{1e}");
    assert_eq!(packed[..], [15, 0x96, 1, 0x80, 0xc0, 0xa4, b's', b'e', b'n', b'd', 0x92, 0xa2, b'h', b'i', 1, 0x90]);
    assert_eq!(
        frames_of("send", &Payload::list(Protocol::Json, &("hi", 1)).unwrap()).unwrap(),
        (text.clone(), packed.clone())
    );
    assert_eq!(frames_of("send", &Payload::list(Protocol::MessagePack, &("hi", 1)).unwrap()).unwrap(), (text, packed));
    assert_eq!(frames("send", &()).unwrap(), frames_of("send", &[]).unwrap());
    assert_eq!(frames("send", &vec![1, 2]).unwrap(), frames("send", &(1, 2)).unwrap());
    assert!(frames("send", "one").is_err());
    assert!(frames("send", &7).is_err());
    assert!(frames("send", &std::collections::BTreeMap::from([("a", 1)])).is_err());
}

#[test]
fn what_has_no_payload_is_written_without_a_fault() {
    for protocol in [Protocol::Json, Protocol::MessagePack] {
        let error = Some("why".to_owned());
        let same = |bytes, message| assert_eq!(bytes, encode(protocol, &message).unwrap());
        same(ping(protocol), Message::Ping);
        same(close(protocol, Some("why"), true), Message::Close { error, allow_reconnect: true });
        same(failure(protocol, "1", "why"), completion("1", Outcome::Error("why".to_owned())));
        same(ack(protocol, 300), Message::Ack { sequence_id: 300 });
        same(sequence(protocol, 70_000), Message::Sequence { sequence_id: 70_000 });
    }
}

#[test]
fn a_message_is_translated_for_a_connection_of_the_other_protocol() {
    let relayed = |protocol, item| encode(protocol, &Message::StreamItem { id: "1".to_owned(), item }).unwrap();
    assert_eq!(
        relayed(Protocol::Json, Payload::MessagePack(Bytes::from_static(&[0x92, 0xc4, 2, 1, 2, 0xc3]))),
        "{\"type\":2,\"invocationId\":\"1\",\"item\":[\"AQI=\",true]}\u{1e}"
    );
    assert_eq!(
        relayed(Protocol::MessagePack, json(r#"{"a":1}"#))[1..],
        [0x94, 2, 0x80, 0xa1, b'1', 0x81, 0xa1, b'a', 1]
    );
}

#[test]
fn lengths_have_as_many_bytes_as_they_need() {
    for (count, prefix) in [(100, 1), (200, 2), (20_000, 3), (3_000_000, 4)] {
        let item = Payload::of(Protocol::MessagePack, &"a".repeat(count)).unwrap();
        let message = Message::StreamItem { id: "1".to_owned(), item };
        let record = encode(Protocol::MessagePack, &message).unwrap();
        assert_eq!(record.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1, prefix);
        let mut decoder = Decoder::new(Protocol::MessagePack, 4_000_000);
        assert_eq!(decoder.decode(&mut &record[..]).unwrap().unwrap(), message);
    }
}

#[test]
fn a_record_that_is_too_long_is_refused_before_it_is_kept() {
    use octavo_domain_signalr::ParseFault::TooLarge;
    let mut decoder = Decoder::new(Protocol::MessagePack, 100);
    assert_eq!(decoder.decode(&mut &[101][..]), Err(TooLarge { limit: 100 }));
    assert_eq!(decoder.waiting_bytes(), 0);
    let mut decoder = Decoder::new(Protocol::Json, 100);
    assert_eq!(decoder.decode(&mut &[b' '; 100][..]), Ok(None));
    assert_eq!(decoder.decode(&mut &b" "[..]), Err(TooLarge { limit: 100 }));
    let mut decoder = Decoder::new(Protocol::Json, 10);
    assert_eq!(decoder.decode(&mut &b"{\"type\":6}\x1e"[..]), Ok(Some(Message::Ping)), "the separator is not counted");
    let mut decoder = Decoder::new(Protocol::Json, 9);
    assert_eq!(decoder.decode(&mut &b"{\"type\":6}\x1e"[..]), Err(TooLarge { limit: 9 }));
}

#[test]
fn an_idle_decoder_is_small_and_keeps_nothing() {
    assert!(size_of::<Decoder>() <= 32, "{}", size_of::<Decoder>());
    let mut decoder = Decoder::new(Protocol::Json, 100);
    let mut input = &b"{\"type\":6}\x1e{\"ty"[..];
    assert_eq!(decoder.decode(&mut input), Ok(Some(Message::Ping)));
    assert_eq!(decoder.decode(&mut input), Ok(None));
    assert_eq!(decoder.waiting_bytes(), 4);
    assert_eq!(decoder.decode(&mut &b"pe\":6}\x1e"[..]), Ok(Some(Message::Ping)));
    assert_eq!(decoder.waiting_bytes(), 0);
}
