//! Rust values to bytes and back, in either encoding.

use crate::binary::BASE64;
use crate::payload::DEPTH_MAX;
use crate::{PayloadFault, Protocol};
use base64::Engine as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::Cell;
use std::io;

thread_local! {
    /// Which encoding is being written or read on this thread. Serde tells a value no more than whether its format is for
    /// people, and MessagePack must say yes to that: otherwise a UUID would be 16 bytes there, which no client expects.
    static CURRENT: Cell<Option<Protocol>> = const { Cell::new(None) };
}

/// Which encoding is being written or read, for a [`crate::Payload`] within the value.
pub(crate) fn current() -> Option<Protocol> {
    CURRENT.get()
}

/// Puts back what was, also when a serializer panics.
struct Within(Option<Protocol>);

impl Within {
    fn enter(protocol: Protocol) -> Self {
        Self(CURRENT.replace(Some(protocol)))
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// Appends the value.
pub(crate) fn write<T: Serialize + ?Sized>(
    protocol: Protocol,
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), PayloadFault> {
    let _within = Within::enter(protocol);
    match protocol {
        Protocol::Json => {
            let mut serializer = serde_json::Serializer::with_formatter(out, WithBase64);
            value.serialize(&mut serializer).map_err(|error| PayloadFault::new(error.to_string()))
        }
        Protocol::MessagePack => {
            let mut serializer = rmp_serde::Serializer::new(out).with_struct_map().with_human_readable();
            value.serialize(&mut serializer).map_err(|error| PayloadFault::new(error.to_string()))
        }
    }
}

/// Appends arguments as an array: of a tuple, an array or a list; `()` is none.
pub(crate) fn write_arguments<T: Serialize + ?Sized>(
    protocol: Protocol,
    arguments: &T,
    out: &mut Vec<u8>,
) -> Result<(), PayloadFault> {
    let start = out.len();
    write(protocol, arguments, out)?;
    let (is_array, is_nothing, empty) = match protocol {
        Protocol::Json => (out[start..].starts_with(b"["), &out[start..] == b"null", &b"[]"[..]),
        Protocol::MessagePack => {
            (matches!(out.get(start), Some(0x90..=0x9f | 0xdc | 0xdd)), out[start..] == [0xc0], &[0x90][..])
        }
    };
    if is_nothing {
        out.truncate(start);
        out.extend_from_slice(empty);
    } else if !is_array {
        out.truncate(start);
        return Err(PayloadFault::new("arguments are a tuple, an array or a list"));
    }
    Ok(())
}

/// Decodes JSON text.
pub(crate) fn read_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, PayloadFault> {
    let _within = Within::enter(Protocol::Json);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let what = error.inner().to_string();
        // The position is of the payload alone, which nobody has before them.
        fault(error.path(), what.rfind(" at line ").map_or(what.as_str(), |end| &what[..end]))
    })?;
    deserializer.end().map_err(|_| PayloadFault::new("more than one value"))?;
    Ok(value)
}

/// Decodes a MessagePack value.
pub(crate) fn read_message_pack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, PayloadFault> {
    let _within = Within::enter(Protocol::MessagePack);
    let mut deserializer = rmp_serde::Deserializer::from_read_ref(bytes).with_human_readable();
    deserializer.set_max_depth(2 * DEPTH_MAX);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| fault(error.path(), &error.inner().to_string()))
}

fn fault(path: &serde_path_to_error::Path, what: &str) -> PayloadFault {
    let path = path.to_string();
    PayloadFault::new(if path == "." { what.to_owned() } else { format!("{path}: {what}") })
}

/// Compact JSON in which bytes are Base64 text.
struct WithBase64;

impl serde_json::ser::Formatter for WithBase64 {
    fn write_byte_array<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: &[u8]) -> io::Result<()> {
        writer.write_all(b"\"")?;
        writer.write_all(BASE64.encode(value).as_bytes())?;
        writer.write_all(b"\"")
    }
}
