//! The names of real time: nodes, connections, channels; and the port that joins several nodes into one service.
//!
//! Knows nothing of sockets, of SignalR's bytes or of Redis; does no I/O, reads no clock. A channel is made in one place
//! ([`Channel`]) and always from a tenant: nothing else can be published to or subscribed.
//!
//! To add a kind of audience: a case of [`Audience`] and its text in `channel.rs`.
#![warn(missing_docs)]

mod backplane;
mod channel;
mod connection;
mod directory;
mod envelope;
mod redirect;

pub use backplane::{Backplane, BackplaneListener, BackplaneState, History, HistoryEntry, HistoryLimits, Position};
pub use channel::{Audience, Channel, GROUP_BYTES_MAX, HubName, InvalidName};
pub use connection::{ConnectionId, NodeId};
pub use directory::{Directory, NodeRecord, PresenceEntry};
pub use envelope::{Command, Envelope, Frames, SlowReader, Undecodable};
pub use redirect::{Redirect, Redirects};

/// The queue by which functions tell the realtime nodes what happened. Consumed by the nodes themselves, where they run.
pub const REALTIME_QUEUE: &str = "realtime";
