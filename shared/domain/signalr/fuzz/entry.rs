//! What must hold for any bytes at all. Run by the fuzz target and, over a bounded number of inputs, by the tests.

use octavo_domain_signalr::{
    ConnectionToken, Decoder, HandshakeReader, Inbox, Message, NegotiateRequest, Outcome, ParseFault, Payload,
    Protocol, TokenKeys, encode,
};

/// Bytes of a record: small, so that the limit is met often.
const RECORD_BYTES_MAX: usize = 2048;

/// The first byte chooses the protocol, the second how the rest is cut.
pub(crate) fn run(input: &[u8]) {
    let Some((&[choice, cut], stream)) = input.split_first_chunk::<2>() else { return };
    let protocol = if choice & 1 == 0 { Protocol::Json } else { Protocol::MessagePack };
    let (messages, fault) = decode(protocol, stream, stream.len().max(1));
    let (in_parts, fault_in_parts) = decode(protocol, stream, usize::from(cut) % 64 + 1);
    assert_eq!(messages, in_parts, "where the stream is cut changes nothing");
    assert_eq!(fault, fault_in_parts, "where the stream is cut changes no fault");
    let mut inbox = Inbox::new();
    for message in &messages {
        let _ = inbox.receive(message);
        again(protocol, message);
        let other = if protocol == Protocol::Json { Protocol::MessagePack } else { Protocol::Json };
        if let Ok(record) = encode(other, message) {
            let (translated, fault) = decode(other, &record, usize::MAX);
            assert_eq!((translated.len(), fault), (1, None), "what is translated can be read");
            again(other, &translated[0]);
        }
        payloads(message).into_iter().for_each(payload);
    }
    others(stream, usize::from(cut) % 64 + 1);
}

fn decode(protocol: Protocol, stream: &[u8], part: usize) -> (Vec<Message>, Option<ParseFault>) {
    // A translated record may be longer than what it was.
    let limit = if part == usize::MAX { usize::MAX >> 1 } else { RECORD_BYTES_MAX };
    let mut decoder = Decoder::new(protocol, limit);
    let mut messages = Vec::new();
    for mut part in stream.chunks(part.min(stream.len().max(1))) {
        loop {
            match decoder.decode(&mut part) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(fault) => return (messages, Some(fault)),
            }
        }
        assert!(part.is_empty(), "what is not kept is used");
        assert!(decoder.waiting_bytes() <= limit.saturating_add(5), "no more is kept than may be");
    }
    (messages, None)
}

fn again(protocol: Protocol, message: &Message) {
    let record = encode(protocol, message).expect("what was read can be written");
    let (messages, fault) = decode(protocol, &record, usize::MAX);
    assert_eq!((&messages[..], fault), (std::slice::from_ref(message), None), "what is written is read as the same");
}

fn payloads(message: &Message) -> Vec<&Payload> {
    match message {
        Message::Invocation { arguments, .. } | Message::StreamInvocation { arguments, .. } => {
            arguments.iter().collect()
        }
        Message::StreamItem { item, .. } => vec![item],
        Message::Completion { outcome: Outcome::Value(value), .. } => vec![value],
        _ => Vec::new(),
    }
}

fn payload(payload: &Payload) {
    let _ = payload.decode::<serde_json::Value>();
    let _ = payload.decode::<Vec<Option<u32>>>();
    if let Ok(same) = payload.decode::<Payload>() {
        assert_eq!(same.protocol(), payload.protocol());
    }
    for protocol in [Protocol::Json, Protocol::MessagePack] {
        if let Ok(translated) = payload.to(protocol) {
            assert_eq!(translated.protocol(), protocol);
            let _ = Payload::of(protocol, &[&translated, payload]);
        }
    }
}

fn others(stream: &[u8], part: usize) {
    let mut reader = HandshakeReader::new();
    for mut part in stream.chunks(part) {
        if !matches!(reader.read(&mut part), Ok(None)) {
            break;
        }
    }
    let text = String::from_utf8_lossy(stream);
    let _ = NegotiateRequest::parse(&text);
    let keys = TokenKeys::new(&[[7_u8; 32]]).expect("the key is long enough");
    let _: Result<ConnectionToken, _> = keys.verify(&text);
}
