//! The port that joins nodes.

use crate::Channel;
use async_trait::async_trait;
use bytes::Bytes;
use octavo_domain_kernel::PortError;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// Where a durable message stands in its channel's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Names one life of the history: where it was lost (a restart without disk, an expiry), a new one begins.
    pub epoch: String,
    /// Counts the channel's messages from 1, without gaps.
    pub offset: u64,
}

/// How much of a channel is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryLimits {
    /// Messages, at most 10,000. Trimmed exactly.
    pub length: u32,
    /// The history goes this long after its last message; at least a second.
    pub ttl: Duration,
}

/// A message of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its place.
    pub offset: u64,
    /// What was published.
    pub payload: Bytes,
}

/// What came after a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Whether `entries` is all that came after the position; true where none was named. If not, `entries` is empty: a part
    /// is never shown as the whole.
    pub whole: bool,
    /// In order.
    pub entries: Vec<HistoryEntry>,
    /// The newest place now. Where nothing was published (or nothing is left): offset 0 of the epoch that the next message
    /// begins, so that who asked before it can ask later what came since.
    pub top: Position,
}

/// Whether other nodes can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackplaneState {
    /// Subscribed to everything that was asked for.
    Connected,
    /// Messages of other nodes are being missed.
    Away,
}

/// Who receives. Called from the backplane's own task: it must not wait, and returns soon.
pub trait BackplaneListener: Send + Sync {
    /// A message came on a channel that is subscribed; its position if it was a durable one. Own ones come back too.
    fn received(&self, channel: &Channel, payload: Bytes, position: Option<Position>);
    /// The state changed; it is `Away` at first. On `Connected` the listener asks the histories for what it missed. Also
    /// told, `Away` and at once `Connected`, where messages had to be dropped because this listener was too slow.
    fn changed(&self, state: BackplaneState);
}

/// Carries messages between nodes, those of a channel in the order in which they were published. What is published while
/// nobody can be reached is refused (`Unavailable`), never kept for later: the caller's own connections were served
/// already, and a durable message must be stored or be refused.
#[async_trait]
pub trait Backplane: Send + Sync {
    /// To whoever is subscribed; answers how many nodes that were, where the engine can say (own subscription included).
    async fn publish(&self, channel: &Channel, payload: Bytes) -> Result<u64, PortError>;
    /// The same for several channels in one round trip, in order.
    async fn publish_many(&self, messages: Vec<(Channel, Bytes)>) -> Result<(), PortError>;
    /// Stores in the channel's history and publishes, both or neither; answers the place.
    async fn publish_durable(
        &self,
        channel: &Channel,
        payload: Bytes,
        limits: HistoryLimits,
    ) -> Result<Position, PortError>;
    /// What came after `since`; without it only the top. At most `limit` entries, else it is not whole.
    async fn history(&self, channel: &Channel, since: Option<&Position>, limit: usize) -> Result<History, PortError>;
    /// The newest place of each channel, in their order; none where nothing was published (or nothing is left).
    async fn tops(&self, channels: &[Channel]) -> Result<Vec<Option<Position>>, PortError>;
    /// Wants the messages of these from now on. Returns at once; many are asked for in one round trip. After a lost
    /// connection everything wanted is subscribed again before the state is `Connected`. Wanting twice is wanting once.
    fn subscribe(&self, channels: &[Channel]);
    /// Does not want them any more.
    fn unsubscribe(&self, channels: &[Channel]);
    /// Waits until what was wanted before this call is subscribed. `Unavailable` or `Timeout` if that cannot be now.
    async fn subscribed(&self) -> Result<(), PortError>;
    /// Begins to receive; called once.
    fn listen(&self, listener: Arc<dyn BackplaneListener>);
    /// Whether other nodes can be reached.
    fn state(&self) -> BackplaneState;
}
