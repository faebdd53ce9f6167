//! The MessagePack encoding (HubProtocol.md, "MessagePack encoding"): one array a record, its length before it.

use crate::message::ARGUMENTS_MAX;
use crate::message_pack_reader::Reader;
use crate::{Message, Outcome, ParseFault, Payload, PayloadFault, Protocol};
use bytes::Bytes;
use rmp::encode;

/// Bytes that a length takes at most: seven bits each, and a length has 31.
const LENGTH_BYTES_MAX: usize = 5;
/// The greatest length that the protocol has.
const LENGTH_MAX: u64 = 0x7fff_ffff;

const ERROR: u64 = 1;
const VOID: u64 = 2;
const VALUE: u64 = 3;

/// The length at the start of `bytes`: how many bytes it takes and how many follow. Nothing where it has not come whole.
pub(crate) fn length(bytes: &[u8], limit: usize) -> Result<Option<(usize, usize)>, ParseFault> {
    let mut length = 0_u64;
    for (at, byte) in bytes.iter().take(LENGTH_BYTES_MAX).enumerate() {
        length |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return match usize::try_from(length) {
                _ if length > LENGTH_MAX => Err(ParseFault::malformed("a length of more than 31 bits")),
                Ok(0) => Err(ParseFault::malformed("an empty record")),
                Ok(length) if length <= limit => Ok(Some((at + 1, length))),
                _ => Err(ParseFault::TooLarge { limit }),
            };
        }
    }
    if bytes.len() >= LENGTH_BYTES_MAX {
        return Err(ParseFault::malformed("a length of more than 5 bytes"));
    }
    Ok(None)
}

/// A record without its length; nothing if its type is not known. Elements beyond those that are known are passed over.
pub(crate) fn parse(record: &[u8]) -> Result<Option<Message>, ParseFault> {
    let mut reader = Reader::new(record);
    let elements = reader.array("the record")?;
    if elements == 0 {
        return Err(ParseFault::malformed("a record without a type"));
    }
    let kind = reader.integer("the type")?;
    let needed = match kind {
        1 | 4 => 5,
        2 | 3 => 4,
        5 => 3,
        7..=9 => 2,
        6 => 1,
        _ => return Ok(None),
    };
    if elements < needed {
        return Err(ParseFault::malformed(format!("{elements} elements, where a message of type {kind} has {needed}")));
    }
    if (1..=5).contains(&kind) {
        reader.skip_headers()?;
    }
    Ok(Some(match kind {
        1 => Message::Invocation {
            id: reader.optional_text("invocationId")?.filter(|id| !id.is_empty()),
            target: reader.required_text("target")?,
            arguments: arguments(&mut reader)?,
            stream_ids: stream_ids(&mut reader, elements)?,
        },
        2 => Message::StreamItem { id: reader.required_text("invocationId")?, item: payload(reader.value()?) },
        3 => Message::Completion {
            id: reader.required_text("invocationId")?,
            outcome: match reader.integer("the kind of the result")? {
                ERROR if elements > 4 => Outcome::Error(reader.optional_text("error")?.unwrap_or_default()),
                VOID => Outcome::Void,
                VALUE if elements > 4 => Outcome::Value(payload(reader.value()?)),
                _ => return Err(ParseFault::malformed("a result of an unknown kind, or none where there must be one")),
            },
        },
        4 => Message::StreamInvocation {
            id: reader.required_text("invocationId")?,
            target: reader.required_text("target")?,
            arguments: arguments(&mut reader)?,
            stream_ids: stream_ids(&mut reader, elements)?,
        },
        5 => Message::CancelInvocation { id: reader.required_text("invocationId")? },
        7 => Message::Close {
            error: reader.optional_text("error")?,
            allow_reconnect: elements > 2 && reader.boolean("allowReconnect")?,
        },
        8 => Message::Ack { sequence_id: reader.integer("sequenceId")? },
        9 => Message::Sequence { sequence_id: reader.integer("sequenceId")? },
        _ => Message::Ping,
    }))
}

/// The elements of an array, each as its bytes.
pub(crate) fn elements(array: &[u8]) -> Result<Vec<&[u8]>, ParseFault> {
    let mut reader = Reader::new(array);
    let count = reader.array("arguments")?;
    if count > ARGUMENTS_MAX {
        return Err(ParseFault::malformed(format!("more than {ARGUMENTS_MAX} arguments")));
    }
    (0..count).map(|_| reader.value()).collect()
}

fn arguments(reader: &mut Reader<'_>) -> Result<Vec<Payload>, ParseFault> {
    let count = reader.array("arguments")?;
    if count > ARGUMENTS_MAX {
        return Err(ParseFault::malformed(format!("more than {ARGUMENTS_MAX} arguments")));
    }
    (0..count).map(|_| reader.value().map(payload)).collect()
}

/// The JavaScript client leaves the element out where there are none.
fn stream_ids(reader: &mut Reader<'_>, elements: usize) -> Result<Vec<String>, ParseFault> {
    if elements < 6 || reader.nil() {
        return Ok(Vec::new());
    }
    let count = reader.array("streamIds")?;
    if count > ARGUMENTS_MAX {
        return Err(ParseFault::malformed(format!("more than {ARGUMENTS_MAX} streams")));
    }
    (0..count).map(|_| reader.required_text("streamIds")).collect()
}

fn payload(bytes: &[u8]) -> Payload {
    Payload::MessagePack(Bytes::copy_from_slice(bytes))
}

/// The record with its length before it.
pub(crate) fn framed(write: impl FnOnce(&mut Vec<u8>) -> Result<(), PayloadFault>) -> Result<Bytes, PayloadFault> {
    // Room for the length is left at the front and the unused part of it cut off: nothing is moved.
    let mut out = Vec::with_capacity(128);
    out.resize(LENGTH_BYTES_MAX, 0);
    write(&mut out)?;
    let mut length = out.len() - LENGTH_BYTES_MAX;
    if length as u64 > LENGTH_MAX {
        return Err(PayloadFault::new("a record of more than 2 GiB"));
    }
    let mut prefix = [0_u8; LENGTH_BYTES_MAX];
    let mut used = 0;
    loop {
        // The lowest seven bits, and whether more follow.
        prefix[used] = (length & 0x7f) as u8 | if length > 0x7f { 0x80 } else { 0 };
        used += 1;
        length >>= 7;
        if length == 0 {
            break;
        }
    }
    let start = LENGTH_BYTES_MAX - used;
    out[start..LENGTH_BYTES_MAX].copy_from_slice(&prefix[..used]);
    Ok(Bytes::from(out).slice(start..))
}

/// Appends the record, without its length.
pub(crate) fn write(message: &Message, out: &mut Vec<u8>) -> Result<(), PayloadFault> {
    match message {
        Message::Invocation { id, target, arguments, stream_ids } => {
            write_call(1, id.as_deref(), target, |out| write_list(arguments, out), stream_ids, out)
        }
        Message::StreamItem { id, item } => {
            write_head(4, 2, Some(id), out);
            write_payload(item, out)
        }
        Message::Completion { id, outcome } => {
            write_head(if *outcome == Outcome::Void { 4 } else { 5 }, 3, Some(id), out);
            match outcome {
                Outcome::Error(error) => {
                    write_unsigned(ERROR, out);
                    write_text(error, out);
                }
                Outcome::Void => write_unsigned(VOID, out),
                Outcome::Value(value) => {
                    write_unsigned(VALUE, out);
                    write_payload(value, out)?;
                }
            }
            Ok(())
        }
        Message::StreamInvocation { id, target, arguments, stream_ids } => {
            write_call(4, Some(id), target, |out| write_list(arguments, out), stream_ids, out)
        }
        Message::CancelInvocation { id } => {
            write_head(3, 5, Some(id), out);
            Ok(())
        }
        Message::Ping => {
            write_plain(1, 6, out);
            Ok(())
        }
        Message::Close { error, allow_reconnect } => {
            write_plain(3, 7, out);
            write_optional(error.as_deref(), out);
            // Nothing fails in here: the buffer grows.
            let _ = encode::write_bool(out, *allow_reconnect);
            Ok(())
        }
        Message::Ack { sequence_id } => {
            write_plain(2, 8, out);
            write_unsigned(*sequence_id, out);
            Ok(())
        }
        Message::Sequence { sequence_id } => {
            write_plain(2, 9, out);
            write_unsigned(*sequence_id, out);
            Ok(())
        }
    }
}

/// Appends an invocation without an id whose arguments `arguments` writes, as an array.
pub(crate) fn write_event(
    target: &str,
    arguments: impl FnOnce(&mut Vec<u8>) -> Result<(), PayloadFault>,
    out: &mut Vec<u8>,
) -> Result<(), PayloadFault> {
    write_call(1, None, target, arguments, &[], out)
}

fn write_call(
    kind: u8,
    id: Option<&str>,
    target: &str,
    arguments: impl FnOnce(&mut Vec<u8>) -> Result<(), PayloadFault>,
    stream_ids: &[String],
    out: &mut Vec<u8>,
) -> Result<(), PayloadFault> {
    write_head(6, kind, id, out);
    write_text(target, out);
    arguments(out)?;
    write_array(stream_ids.len(), out)?;
    for id in stream_ids {
        write_text(id, out);
    }
    Ok(())
}

/// Appends payloads as an array.
pub(crate) fn write_list(payloads: &[Payload], out: &mut Vec<u8>) -> Result<(), PayloadFault> {
    write_array(payloads.len(), out)?;
    payloads.iter().try_for_each(|payload| write_payload(payload, out))
}

fn write_payload(payload: &Payload, out: &mut Vec<u8>) -> Result<(), PayloadFault> {
    out.extend_from_slice(payload.to(Protocol::MessagePack)?.bytes());
    Ok(())
}

fn write_array(count: usize, out: &mut Vec<u8>) -> Result<(), PayloadFault> {
    let count = u32::try_from(count).map_err(|_| PayloadFault::new("too many elements"))?;
    let _ = encode::write_array_len(out, count);
    Ok(())
}

/// The array, its type, no headers and the id.
fn write_head(elements: u8, kind: u8, id: Option<&str>, out: &mut Vec<u8>) {
    write_plain(elements, kind, out);
    let _ = encode::write_map_len(out, 0);
    write_optional(id, out);
}

fn write_plain(elements: u8, kind: u8, out: &mut Vec<u8>) {
    let _ = encode::write_array_len(out, u32::from(elements));
    write_unsigned(u64::from(kind), out);
}

fn write_optional(text: Option<&str>, out: &mut Vec<u8>) {
    match text {
        Some(text) => write_text(text, out),
        None => {
            let _ = encode::write_nil(out);
        }
    }
}

fn write_unsigned(number: u64, out: &mut Vec<u8>) {
    let _ = encode::write_uint(out, number);
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    let _ = encode::write_str(out, text);
}
