//! What a provider sends, read once into these types and never into a tree of values. Flat, with all members optional:
//! an internally tagged enum would be read twice.

use super::usage::WireUsage;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A block of a whole answer, or the beginning of one in a stream.
#[derive(Deserialize)]
pub(super) struct WireBlock<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(super) kind: Cow<'a, str>,
    pub(super) text: Option<String>,
    pub(super) thinking: Option<String>,
    pub(super) signature: Option<String>,
    pub(super) data: Option<String>,
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    #[serde(borrow)]
    pub(super) input: Option<&'a RawValue>,
}

/// An answer, or its head in `message_start`.
#[derive(Deserialize)]
pub(super) struct WireMessage<'a> {
    #[serde(default)]
    pub(super) id: String,
    #[serde(default)]
    pub(super) model: String,
    #[serde(borrow)]
    pub(super) content: Option<Vec<WireBlock<'a>>>,
    pub(super) stop_reason: Option<String>,
    pub(super) stop_sequence: Option<String>,
    pub(super) usage: Option<WireUsage>,
}

/// What is new in a block, or in the whole answer (`message_delta`).
#[derive(Deserialize)]
pub(super) struct WireDelta<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(super) kind: Cow<'a, str>,
    pub(super) text: Option<String>,
    pub(super) thinking: Option<String>,
    pub(super) signature: Option<String>,
    pub(super) partial_json: Option<String>,
    pub(super) stop_reason: Option<String>,
    pub(super) stop_sequence: Option<String>,
}

/// An event of a stream.
#[derive(Deserialize)]
pub(super) struct WireEvent<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(super) kind: Cow<'a, str>,
    #[serde(default)]
    pub(super) index: u32,
    #[serde(borrow)]
    pub(super) message: Option<WireMessage<'a>>,
    #[serde(borrow)]
    pub(super) content_block: Option<WireBlock<'a>>,
    #[serde(borrow)]
    pub(super) delta: Option<WireDelta<'a>>,
    pub(super) usage: Option<WireUsage>,
}

/// The type of an event whose other members are not what they have to be.
#[derive(Deserialize)]
pub(super) struct WireKind<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(super) kind: Cow<'a, str>,
}
