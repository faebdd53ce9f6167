//! How functions reach the people who are connected to the realtime nodes: the client of the nodes' data plane (Azure
//! SignalR's REST API, version 2024-12-01, of which this uses what functions need), the keys and tokens that go with it, and
//! the redirect by which a function's `negotiate` sends a client to a node.
//!
//! Knows no hub, keeps no connection of its own, and loses what it could not deliver: what must arrive is stored first and is
//! only announced here.
#![warn(missing_docs)]

mod access;
mod client;
mod redirect;
mod token;

pub use access::AccessKeys;
pub use client::{Push, PushFault};
pub use redirect::Redirector;
pub use token::{Claims, TOKEN_BYTES_MAX, TokenFault, Tokens, audience};
