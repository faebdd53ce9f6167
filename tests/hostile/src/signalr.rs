//! SignalR's records.

use octavo_domain_signalr::{
    ARGUMENTS_MAX, Decoder, HandshakeReader, Message, NegotiateRequest, ParseFault, Protocol, encode,
};

/// Bytes of a record, at most: small, so that inputs meet it.
const RECORD_BYTES_MAX: usize = 1_024;
/// Bytes that come at once.
const PIECES: [usize; 2] = [1, 7];

pub(crate) fn json(bytes: &[u8]) {
    run(Protocol::Json, bytes);
    let mut input = bytes;
    let _ = HandshakeReader::new().read(&mut input);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = NegotiateRequest::parse(text);
    }
}

pub(crate) fn message_pack(bytes: &[u8]) {
    run(Protocol::MessagePack, bytes);
}

/// Panics where the reading depends on how the bytes were cut, where more is kept than a record may have, or where a
/// message is another one after it was written and read.
fn run(protocol: Protocol, bytes: &[u8]) {
    let (messages, fault) = read(protocol, bytes, bytes.len().max(1));
    for piece in PIECES {
        let (in_pieces, their_fault) = read(protocol, bytes, piece);
        assert_eq!(in_pieces, messages, "messages of pieces of {piece}");
        assert_eq!(their_fault.is_some(), fault.is_some(), "fault of pieces of {piece}: {their_fault:?}, {fault:?}");
    }
    for message in &messages {
        if let Message::Invocation { arguments, stream_ids, .. }
        | Message::StreamInvocation { arguments, stream_ids, .. } = message
        {
            assert!(arguments.len() <= ARGUMENTS_MAX && stream_ids.len() <= ARGUMENTS_MAX);
        }
        let Ok(written) = encode(protocol, message) else { continue };
        let mut input = &written[..];
        let again = Decoder::new(protocol, 16 * RECORD_BYTES_MAX).decode(&mut input);
        assert_eq!(again.as_ref(), Ok(&Some(message.clone())), "written anew as {written:?}");
        assert!(input.is_empty(), "one record and no more");
        let other = if protocol == Protocol::Json { Protocol::MessagePack } else { Protocol::Json };
        if let Message::Invocation { arguments, .. } = message {
            for argument in arguments {
                // One encoding may say what the other cannot; it is an error then.
                let _ = argument.to(other);
                let _ = argument.decode::<serde_json::Value>();
            }
        }
    }
}

fn read(protocol: Protocol, bytes: &[u8], piece: usize) -> (Vec<Message>, Option<ParseFault>) {
    let mut decoder = Decoder::new(protocol, RECORD_BYTES_MAX);
    let mut messages = Vec::new();
    for mut input in bytes.chunks(piece) {
        loop {
            match decoder.decode(&mut input) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(fault) => return (messages, Some(fault)),
            }
        }
        // A record's bytes and those of its length.
        assert!(decoder.waiting_bytes() <= RECORD_BYTES_MAX + 8, "{} bytes are kept", decoder.waiting_bytes());
    }
    (messages, None)
}
