//! How a backplane is set up.

use std::sync::Arc;
use std::time::Duration;

/// 64 random bits: for the names of histories' epochs and for the spread of reconnects.
pub type Random = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Which of Redis' two kinds of pub/sub carries the messages. All nodes must use the same: they do not hear each other
/// otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PubSubKind {
    /// Sharded where the server has it (Redis 7.0, Valkey), else classic: asked once a connection.
    #[default]
    Probed,
    /// `SSUBSCRIBE`, `SPUBLISH`: in a cluster a message stays on the shard of its channel.
    Sharded,
    /// `SUBSCRIBE`, `PUBLISH`: in a cluster every message goes to every server.
    Classic,
}

/// How a backplane waits, and how much it holds.
#[derive(Debug, Clone, Copy)]
pub struct BackplaneOptions {
    /// Which pub/sub. Default probed.
    pub kind: PubSubKind,
    /// A PING goes over the subscription connection this often. Default 3 s.
    pub ping_every: Duration,
    /// Without its answer for this long the connection is given up. Default 2 s: so a peer that has vanished without a
    /// word is noticed within 5 s.
    pub ping_deadline: Duration,
    /// The longest pause between attempts to connect; the first ones follow within tenths of a second. Default 5 s.
    pub reconnect_pause_max: Duration,
    /// Bytes of messages that may wait for the listener, with 128 a message for what holds it. What comes beyond is
    /// dropped until the listener has caught up; then it is told `Away` and `Connected`, and so asks the histories for
    /// what it missed. Default 32 MiB.
    pub backlog_bytes_max: usize,
    /// After a publish that was not answered the others fail at once for this long. Default 250 ms.
    pub failing_fast: Duration,
}

impl Default for BackplaneOptions {
    fn default() -> Self {
        Self {
            kind: PubSubKind::default(),
            ping_every: Duration::from_secs(3),
            ping_deadline: Duration::from_secs(2),
            reconnect_pause_max: Duration::from_secs(5),
            backlog_bytes_max: 32 * 1024 * 1024,
            failing_fast: Duration::from_millis(250),
        }
    }
}
