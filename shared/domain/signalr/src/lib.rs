//! The SignalR protocol: bytes in, messages out; messages in, bytes out.
//!
//! Sources: `HubProtocol.md` and `TransportProtocols.md` of dotnet/aspnetcore (`src/SignalR/docs/specs`), and, where its
//! code does otherwise, its code. Knows no socket, no clock, no hub and no tenant.
//!
//! To add a hub protocol: a case of [`Protocol`] and its module beside `json.rs`.
#![warn(missing_docs)]

mod admission;
mod binary;
mod decoder;
mod encode;
mod encoding;
mod handshake;
mod inbox;
mod json;
mod message;
mod message_pack;
mod message_pack_reader;
mod negotiate;
mod outbox;
mod payload;
mod query;
pub mod texts;
mod token;
mod transcode;
mod transport;

pub use admission::{Admission, Asked, Carried, Method, Named, Refusal, Standing, admit};
pub use binary::Binary;
pub use decoder::Decoder;
pub use encode::{ack, close, encode, failure, frames, frames_of, ping, sequence};
pub use handshake::{
    HANDSHAKE_BYTES_MAX, HandshakeFault, HandshakeOffer, HandshakeReader, HandshakeRequest, handshake_agreed,
    handshake_refused,
};
pub use inbox::{ACK_INTERVAL, Inbox, Receipt, SequenceFault};
pub use message::{ARGUMENTS_MAX, Message, Outcome, ParseFault, RECORD_BYTES_MAX};
pub use negotiate::{NegotiateAnswer, NegotiateFault, NegotiateRequest, RefreshRefused, refreshed};
pub use outbox::{AckFault, OUTBOX_BYTES_MAX, Outbox, OutboxFull};
pub use payload::{DEPTH_MAX, Payload, PayloadFault, Protocol};
pub use query::parameter;
pub use token::{
    ConnectionToken, InvalidTokenKeys, TOKEN_CHARS_MAX, TOKEN_KEY_BYTES_MIN, TokenFault, TokenKeys, TokenTooLong,
};
pub use transport::{Transport, Transports};
