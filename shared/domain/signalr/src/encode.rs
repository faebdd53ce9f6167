//! Messages into whole records with their framing.

use crate::{Message, Outcome, Payload, PayloadFault, Protocol, encoding, json, message_pack};
use bytes::Bytes;
use serde::Serialize;

/// The record of a message, with its framing: what a transport sends as one message, one poll's part or one event.
/// Payloads of the other encoding are translated.
///
/// # Errors
/// A payload has no form in this encoding, see [`Payload::to`]. A message without payloads has none to fail on: for those
/// there are [`ping`], [`close`], [`failure`], [`ack`] and [`sequence`].
pub fn encode(protocol: Protocol, message: &Message) -> Result<Bytes, PayloadFault> {
    match protocol {
        Protocol::Json => {
            let mut out = Vec::with_capacity(128);
            json::write(message, &mut out)?;
            Ok(out.into())
        }
        Protocol::MessagePack => message_pack::framed(|out| message_pack::write(message, out)),
    }
}

/// The records of an invocation that nobody answers, in both encodings: first JSON, then MessagePack. `arguments` is a
/// tuple, an array or a list; `()` is none.
///
/// # Errors
/// As [`Payload::list`].
pub fn frames<T: Serialize + ?Sized>(target: &str, arguments: &T) -> Result<(Bytes, Bytes), PayloadFault> {
    let mut text = Vec::with_capacity(128);
    let json = |out: &mut Vec<u8>| encoding::write_arguments(Protocol::Json, arguments, out);
    json::write_event(target, json, &mut text)?;
    let packed = message_pack::framed(|out| {
        let arguments = |out: &mut Vec<u8>| encoding::write_arguments(Protocol::MessagePack, arguments, out);
        message_pack::write_event(target, arguments, out)
    })?;
    Ok((text.into(), packed))
}

/// As [`frames`], of arguments that are encoded already: each is copied into the one and translated for the other.
///
/// # Errors
/// As [`Payload::to`].
pub fn frames_of(target: &str, arguments: &[Payload]) -> Result<(Bytes, Bytes), PayloadFault> {
    let mut text = Vec::with_capacity(128);
    json::write_event(target, |out| json::write_list(arguments, out), &mut text)?;
    let packed = message_pack::framed(|out| {
        message_pack::write_event(target, |out| message_pack::write_list(arguments, out), out)
    })?;
    Ok((text.into(), packed))
}

/// The record of a ping: always the same bytes.
pub fn ping(protocol: Protocol) -> Bytes {
    match protocol {
        Protocol::Json => Bytes::from_static(b"{\"type\":6}\x1e"),
        Protocol::MessagePack => Bytes::from_static(&[2, 0x91, 6]),
    }
}

/// The record of a close.
pub fn close(protocol: Protocol, error: Option<&str>, allow_reconnect: bool) -> Bytes {
    plain(protocol, &Message::Close { error: error.map(str::to_owned), allow_reconnect })
}

/// The record of a completion with an error.
pub fn failure(protocol: Protocol, id: &str, error: &str) -> Bytes {
    plain(protocol, &Message::Completion { id: id.to_owned(), outcome: Outcome::Error(error.to_owned()) })
}

/// The record of an acknowledgement.
pub fn ack(protocol: Protocol, sequence_id: u64) -> Bytes {
    plain(protocol, &Message::Ack { sequence_id })
}

/// The record that says which number the next message has.
pub fn sequence(protocol: Protocol, sequence_id: u64) -> Bytes {
    plain(protocol, &Message::Sequence { sequence_id })
}

/// Of a message that has no payload, and no text of 2 GiB: nothing else fails.
fn plain(protocol: Protocol, message: &Message) -> Bytes {
    encode(protocol, message).unwrap_or_default()
}
