//! What a server holds now.

use serde::Serialize;

/// What a server holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Connections, with those that were negotiated only.
    pub connections: usize,
    /// Of them, those that have not shaken hands.
    pub pending: usize,
    /// Of those that have shaken hands, by transport: by WebSockets.
    pub web_sockets: usize,
    /// By Server-Sent Events.
    pub server_sent_events: usize,
    /// By long polling.
    pub long_polling: usize,
    /// Channels with connections here: everyone, users, groups.
    pub channels: usize,
    /// Bytes kept for stateful reconnects.
    pub stateful_bytes: usize,
    /// Whether the server takes nobody any more.
    pub draining: bool,
}
