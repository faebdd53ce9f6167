//! The JSON encoding (HubProtocol.md, "JSON Encoding"): one object a record, 0x1E after it.

use crate::message::ARGUMENTS_MAX;
use crate::payload::DEPTH_MAX;
use crate::{Message, Outcome, ParseFault, Payload, PayloadFault, Protocol};
use bytes::Bytes;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Ends a record. JSON text has no such byte within it.
pub(crate) const SEPARATOR: u8 = 0x1e;

/// All that a record may have; what kind each part must be of depends on the type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(rename = "type")]
    kind: i64,
    #[serde(borrow, default, deserialize_with = "present")]
    invocation_id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    target: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    arguments: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    stream_ids: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    item: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    error: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    allow_reconnect: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    sequence_id: Option<&'a RawValue>,
}

/// A member that is `null` is there: a result of `null` is not the absence of one.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// A record without its separator; nothing if its type is not known.
pub(crate) fn parse(record: &[u8]) -> Result<Option<Message>, ParseFault> {
    // Serde would take an array for the members in their order.
    if record.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(ParseFault::malformed("a record that is no JSON object"));
    }
    if is_too_deep(record) {
        return Err(ParseFault::malformed(format!("more than {DEPTH_MAX} levels")));
    }
    let record: Record<'_> =
        serde_json::from_slice(record).map_err(|error| ParseFault::malformed(error.to_string()))?;
    Ok(Some(match record.kind {
        1 => Message::Invocation {
            id: optional("invocationId", record.invocation_id)?.filter(|id| !id.is_empty()),
            target: required("target", record.target)?,
            arguments: arguments(record.arguments)?,
            stream_ids: stream_ids(record.stream_ids)?,
        },
        2 => Message::StreamItem {
            id: required("invocationId", record.invocation_id)?,
            item: payload(record.item.ok_or_else(|| missing("item"))?),
        },
        3 => Message::Completion {
            id: required("invocationId", record.invocation_id)?,
            outcome: match (optional("error", record.error)?, record.result) {
                // The Python clients write both, one of them `null`.
                (Some(_), Some(result)) if result.get() != "null" => {
                    return Err(ParseFault::malformed("a completion with both an error and a result"));
                }
                (Some(error), _) => Outcome::Error(error),
                (None, Some(result)) => Outcome::Value(payload(result)),
                (None, None) => Outcome::Void,
            },
        },
        4 => Message::StreamInvocation {
            id: required("invocationId", record.invocation_id)?,
            target: required("target", record.target)?,
            arguments: arguments(record.arguments)?,
            stream_ids: stream_ids(record.stream_ids)?,
        },
        5 => Message::CancelInvocation { id: required("invocationId", record.invocation_id)? },
        6 => Message::Ping,
        7 => Message::Close {
            error: optional("error", record.error)?,
            allow_reconnect: match record.allow_reconnect {
                Some(raw) => of::<Option<bool>>("allowReconnect", raw)?.unwrap_or(false),
                None => false,
            },
        },
        8 => Message::Ack { sequence_id: sequence_id(record.sequence_id)? },
        9 => Message::Sequence { sequence_id: sequence_id(record.sequence_id)? },
        _ => return Ok(None),
    }))
}

/// Serde's parser has its own limit, but not where text is passed over or kept as it is.
fn is_too_deep(record: &[u8]) -> bool {
    // Every level has two ends, and the record itself is one more.
    if record.len() <= 2 * DEPTH_MAX {
        return false;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in record {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                // The record, and the array of its arguments, are around a value.
                if depth > DEPTH_MAX + 2 {
                    return true;
                }
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

fn missing(member: &str) -> ParseFault {
    ParseFault::malformed(format!("{member} is missing"))
}

fn of<'a, T: Deserialize<'a>>(member: &str, raw: &'a RawValue) -> Result<T, ParseFault> {
    serde_json::from_str(raw.get()).map_err(|error| ParseFault::malformed(format!("{member}: {error}")))
}

fn optional(member: &str, raw: Option<&RawValue>) -> Result<Option<String>, ParseFault> {
    raw.map_or(Ok(None), |raw| of(member, raw))
}

fn required(member: &str, raw: Option<&RawValue>) -> Result<String, ParseFault> {
    optional(member, raw)?.filter(|text| !text.is_empty()).ok_or_else(|| missing(member))
}

fn arguments(raw: Option<&RawValue>) -> Result<Vec<Payload>, ParseFault> {
    let parts: Vec<&RawValue> = of("arguments", raw.ok_or_else(|| missing("arguments"))?)?;
    if parts.len() > ARGUMENTS_MAX {
        return Err(ParseFault::malformed(format!("more than {ARGUMENTS_MAX} arguments")));
    }
    Ok(parts.into_iter().map(payload).collect())
}

fn stream_ids(raw: Option<&RawValue>) -> Result<Vec<String>, ParseFault> {
    let ids: Vec<String> = raw.map_or(Ok(None), |raw| of("streamIds", raw))?.unwrap_or_default();
    if ids.len() > ARGUMENTS_MAX || ids.iter().any(String::is_empty) {
        return Err(ParseFault::malformed(format!("streamIds: an empty one, or more than {ARGUMENTS_MAX}")));
    }
    Ok(ids)
}

fn sequence_id(raw: Option<&RawValue>) -> Result<u64, ParseFault> {
    of("sequenceId", raw.ok_or_else(|| missing("sequenceId"))?)
}

fn payload(raw: &RawValue) -> Payload {
    Payload::Json(Bytes::copy_from_slice(raw.get().as_bytes()))
}

/// Appends the record with its separator.
pub(crate) fn write(message: &Message, out: &mut Vec<u8>) -> Result<(), PayloadFault> {
    match message {
        Message::Invocation { id, target, arguments, stream_ids } => {
            write_call(1, id.as_deref(), target, |out| write_list(arguments, out), stream_ids, out)?;
        }
        Message::StreamItem { id, item } => {
            write_head(2, Some(id), out);
            out.extend_from_slice(b",\"item\":");
            write_payload(item, out)?;
        }
        Message::Completion { id, outcome } => {
            write_head(3, Some(id), out);
            match outcome {
                Outcome::Error(error) => {
                    out.extend_from_slice(b",\"error\":");
                    write_text(error, out);
                }
                Outcome::Void => {}
                Outcome::Value(value) => {
                    out.extend_from_slice(b",\"result\":");
                    write_payload(value, out)?;
                }
            }
        }
        Message::StreamInvocation { id, target, arguments, stream_ids } => {
            write_call(4, Some(id), target, |out| write_list(arguments, out), stream_ids, out)?;
        }
        Message::CancelInvocation { id } => write_head(5, Some(id), out),
        Message::Ping => write_head(6, None, out),
        Message::Close { error, allow_reconnect } => {
            write_head(7, None, out);
            if let Some(error) = error {
                out.extend_from_slice(b",\"error\":");
                write_text(error, out);
            }
            if *allow_reconnect {
                out.extend_from_slice(b",\"allowReconnect\":true");
            }
        }
        Message::Ack { sequence_id } => write_sequence(8, *sequence_id, out),
        Message::Sequence { sequence_id } => write_sequence(9, *sequence_id, out),
    }
    out.extend_from_slice(&[b'}', SEPARATOR]);
    Ok(())
}

/// Appends an invocation without an id whose arguments `arguments` writes, as an array.
pub(crate) fn write_event(
    target: &str,
    arguments: impl FnOnce(&mut Vec<u8>) -> Result<(), PayloadFault>,
    out: &mut Vec<u8>,
) -> Result<(), PayloadFault> {
    write_call(1, None, target, arguments, &[], out)?;
    out.extend_from_slice(&[b'}', SEPARATOR]);
    Ok(())
}

fn write_call(
    kind: u8,
    id: Option<&str>,
    target: &str,
    arguments: impl FnOnce(&mut Vec<u8>) -> Result<(), PayloadFault>,
    stream_ids: &[String],
    out: &mut Vec<u8>,
) -> Result<(), PayloadFault> {
    write_head(kind, id, out);
    out.extend_from_slice(b",\"target\":");
    write_text(target, out);
    out.extend_from_slice(b",\"arguments\":");
    arguments(out)?;
    if !stream_ids.is_empty() {
        out.extend_from_slice(b",\"streamIds\":[");
        for (at, id) in stream_ids.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write_text(id, out);
        }
        out.push(b']');
    }
    Ok(())
}

/// Appends payloads as an array.
pub(crate) fn write_list(payloads: &[Payload], out: &mut Vec<u8>) -> Result<(), PayloadFault> {
    out.push(b'[');
    for (at, payload) in payloads.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_payload(payload, out)?;
    }
    out.push(b']');
    Ok(())
}

fn write_payload(payload: &Payload, out: &mut Vec<u8>) -> Result<(), PayloadFault> {
    out.extend_from_slice(payload.to(Protocol::Json)?.bytes());
    Ok(())
}

fn write_head(kind: u8, id: Option<&str>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"type\":");
    out.push(b'0' + kind);
    if let Some(id) = id {
        out.extend_from_slice(b",\"invocationId\":");
        write_text(id, out);
    }
}

fn write_sequence(kind: u8, sequence_id: u64, out: &mut Vec<u8>) {
    write_head(kind, None, out);
    out.extend_from_slice(format!(",\"sequenceId\":{sequence_id}").as_bytes());
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    // Nothing fails here: the text is UTF-8 and the buffer grows.
    let _ = serde_json::to_writer(out, text);
}
