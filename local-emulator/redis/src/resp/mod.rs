//! The wire format, RESP2 and RESP3, without sockets: bytes to commands, replies to bytes.
//!
//! A partial read is only a shorter buffer: [`Decoder::decode`] says what is complete so far and is called again when
//! more has come.

mod decode;
mod encode;
mod inline;

pub(crate) use decode::{Batch, Decoder, Limits, ProtocolError};
pub(crate) use encode::{encode, encode_command};
