//! Limits and times.

use octavo_domain_collaboration::{SaveTiming, UPDATE_BYTES_MAX};
use realtime_node_websocket::Limits;
use std::time::Duration;

/// What an operator may change; the defaults are meant to be right.
#[derive(Debug, Clone)]
pub struct Options {
    /// Rooms that this node holds open.
    pub rooms_max: usize,
    /// Connections of this node to one room.
    pub connections_max: usize,
    /// Messages that a connection may send, a second, for long; it is read more slowly beyond.
    pub messages_per_second: u32,
    /// Messages that it may send at once beyond that.
    pub messages_burst: u32,
    /// Bytes that wait for a client that does not read.
    pub queue_bytes_max: usize,
    /// Updates wait so long for others before they are appended together.
    pub append_after: Duration,
    /// Or until they have so many bytes, of one tenant.
    pub append_bytes: usize,
    /// Bytes of a tenant that wait for a store that is away; beyond, its rooms are read only.
    pub waiting_bytes_max: usize,
    /// The store may be away for so long; then its rooms are read only.
    pub store_away_max: Duration,
    /// How often nodes that have the same room open compare what they have.
    pub exchange_every: Duration,
    /// After how long a room that everybody left is unloaded.
    pub unload_after: Duration,
    /// A connection's right to write is looked up again when it writes and the last look is so old.
    pub recheck_after: Duration,
    /// When versions are written.
    pub saving: SaveTiming,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rooms_max: 10_000,
            connections_max: 500,
            messages_per_second: 100,
            messages_burst: 300,
            queue_bytes_max: 8 * 1024 * 1024,
            append_after: Duration::from_millis(20),
            append_bytes: 256 * 1024,
            waiting_bytes_max: 4 * 1024 * 1024,
            store_away_max: Duration::from_secs(30),
            exchange_every: Duration::from_secs(10),
            unload_after: Duration::from_secs(30),
            recheck_after: Duration::from_secs(30),
            saving: SaveTiming::default(),
        }
    }
}

impl Options {
    /// A room's sockets. A message of up to twice the largest update is read, so that the client can be told 4413, after
    /// which it does not send the same again.
    pub fn limits(&self) -> Limits {
        Limits { message_bytes_max: 2 * UPDATE_BYTES_MAX, queue_bytes_max: self.queue_bytes_max }
    }
}
