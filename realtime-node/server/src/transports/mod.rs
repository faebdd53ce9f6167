//! The three ways in which a connection's bytes travel.

mod carry;
pub(crate) mod long_poll;
mod outgoing;
pub(crate) mod send;
pub(crate) mod sse;
pub(crate) mod websocket;

pub(crate) use carry::{carry, outgoing};
pub(crate) use outgoing::{Fetched, Outgoing};
