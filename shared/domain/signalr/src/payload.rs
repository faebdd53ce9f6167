//! Values, as they came and as they go: still encoded.

use crate::{encoding, message_pack, transcode};
use bytes::Bytes;
use serde::de::{DeserializeOwned, Error as _};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// Levels of arrays and objects within one value, in either encoding. What is deeper is refused before anything walks
/// through it, so that no value exhausts the stack of whoever reads it, here or at another client.
pub const DEPTH_MAX: usize = 128;

/// Bytes of a fault's text: it may quote a value, and the value may be long.
const FAULT_BYTES_MAX: usize = 256;

/// A hub protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// `json`: text, records end in 0x1E.
    Json,
    /// `messagepack`: binary, records begin with their length.
    MessagePack,
}

impl Protocol {
    /// As the handshake names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::MessagePack => "messagepack",
        }
    }

    /// By its name in a handshake; letters of any case, as ASP.NET Core takes them.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Json, Self::MessagePack].into_iter().find(|known| known.name().eq_ignore_ascii_case(name))
    }

    /// Whether its records are text: they go in text frames of a WebSocket, and over Server-Sent Events.
    pub fn is_text(self) -> bool {
        self == Self::Json
    }
}

/// One value in the encoding in which it came: an argument, an item, a result. Nothing is decoded that nobody asks for,
/// and what goes out in the encoding in which it came in is copied, not translated.
///
/// It can itself be (a part of) an argument or a result: it is written into either encoding as the value that it is.
/// Those that come from here are well formed; whoever fills a case by hand vouches for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// JSON text.
    Json(Bytes),
    /// One MessagePack value.
    MessagePack(Bytes),
}

/// Why a value is not what was wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PayloadFault(pub String);

impl PayloadFault {
    /// With a text that is cut where it is too long.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(shortened(text.into()))
    }
}

pub(crate) fn shortened(mut text: String) -> String {
    if text.len() > FAULT_BYTES_MAX {
        let end = (0..=FAULT_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

impl Payload {
    /// Encodes a value. In MessagePack structures are maps with names; bytes ([`crate::Binary`], `serde_bytes`) are binary
    /// in MessagePack and Base64 text in JSON, as .NET's `byte[]`.
    ///
    /// # Errors
    /// The value's own serializer fails, or it has what the encoding cannot say (a map key in JSON that is no text).
    pub fn of<T: Serialize + ?Sized>(protocol: Protocol, value: &T) -> Result<Self, PayloadFault> {
        let mut out = Vec::with_capacity(64);
        encoding::write(protocol, value, &mut out)?;
        Ok(Self::new(protocol, out.into()))
    }

    /// Encodes arguments, each by itself, from a tuple, an array or a list.
    ///
    /// # Errors
    /// As [`Payload::of`]; the value is none of the three.
    pub fn list<T: Serialize + ?Sized>(protocol: Protocol, arguments: &T) -> Result<Vec<Self>, PayloadFault> {
        let mut out = Vec::with_capacity(64);
        encoding::write_arguments(protocol, arguments, &mut out)?;
        let bytes = Bytes::from(out);
        match protocol {
            Protocol::Json => {
                let parts: Vec<&RawValue> =
                    serde_json::from_slice(&bytes).map_err(|error| PayloadFault::new(error.to_string()))?;
                Ok(parts.into_iter().map(|part| Self::Json(bytes.slice_ref(part.get().as_bytes()))).collect())
            }
            Protocol::MessagePack => {
                let parts = message_pack::elements(&bytes).map_err(|error| PayloadFault::new(error.to_string()))?;
                Ok(parts.into_iter().map(|part| Self::MessagePack(bytes.slice_ref(part))).collect())
            }
        }
    }

    /// Nothing: `null` or nil.
    pub fn null(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Json => Self::Json(Bytes::from_static(b"null")),
            Protocol::MessagePack => Self::MessagePack(Bytes::from_static(&[0xc0])),
        }
    }

    /// Decodes it.
    ///
    /// # Errors
    /// It is not a `T`; the text names the place within it and what was expected there.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, PayloadFault> {
        match self {
            Self::Json(text) => encoding::read_json(text),
            Self::MessagePack(bytes) => encoding::read_message_pack(bytes).or_else(|fault| {
                // A date is an extension in MessagePack and text for serde: it is tried as the text that it is in JSON.
                if let Some(other) = transcode::dates_as_text(bytes) {
                    return encoding::read_message_pack(&other);
                }
                // The JSON of it fails at the same place, and says in words what is there and what was expected.
                let text = transcode::to_json(bytes).map_err(|_| fault.clone())?;
                Err(encoding::read_json::<T>(&text).err().unwrap_or(fault))
            }),
        }
    }

    /// In the other encoding, or as it is where it is in that one already.
    ///
    /// To JSON: binary becomes Base64 text, a timestamp RFC 3339 text, a number that is none `"NaN"`, `"Infinity"` or
    /// `"-Infinity"`, a key that is no text the text of it. To MessagePack: text stays text, whatever is in it.
    ///
    /// # Errors
    /// An extension that is no timestamp, text that is not UTF-8, more than [`DEPTH_MAX`] levels, or bytes that are not
    /// of their encoding.
    pub fn to(&self, protocol: Protocol) -> Result<Self, PayloadFault> {
        match (self, protocol) {
            (Self::Json(_), Protocol::Json) | (Self::MessagePack(_), Protocol::MessagePack) => Ok(self.clone()),
            (Self::Json(text), Protocol::MessagePack) => transcode::to_message_pack(text).map(Self::MessagePack),
            (Self::MessagePack(bytes), Protocol::Json) => transcode::to_json(bytes).map(Self::Json),
        }
    }

    /// The encoding that it is in.
    pub fn protocol(&self) -> Protocol {
        match self {
            Self::Json(_) => Protocol::Json,
            Self::MessagePack(_) => Protocol::MessagePack,
        }
    }

    /// Its bytes, in its encoding.
    pub fn bytes(&self) -> &Bytes {
        match self {
            Self::Json(bytes) | Self::MessagePack(bytes) => bytes,
        }
    }

    fn new(protocol: Protocol, bytes: Bytes) -> Self {
        match protocol {
            Protocol::Json => Self::Json(bytes),
            Protocol::MessagePack => Self::MessagePack(bytes),
        }
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let protocol = encoding::current().unwrap_or(if serializer.is_human_readable() {
            Protocol::Json
        } else {
            Protocol::MessagePack
        });
        match self.to(protocol).map_err(S::Error::custom)? {
            Self::Json(text) => {
                serde_json::from_slice::<&RawValue>(&text).map_err(S::Error::custom)?.serialize(serializer)
            }
            Self::MessagePack(bytes) => transcode::tree(&bytes).map_err(S::Error::custom)?.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let protocol = encoding::current().unwrap_or(if deserializer.is_human_readable() {
            Protocol::Json
        } else {
            Protocol::MessagePack
        });
        match protocol {
            Protocol::Json => {
                let raw = Box::<RawValue>::deserialize(deserializer)?;
                Ok(Self::Json(Box::<str>::from(raw).into_boxed_bytes().into()))
            }
            Protocol::MessagePack => {
                let tree = rmpv::Value::deserialize(deserializer)?;
                let mut out = Vec::new();
                rmpv::encode::write_value(&mut out, &tree).map_err(D::Error::custom)?;
                Ok(Self::MessagePack(out.into()))
            }
        }
    }
}
