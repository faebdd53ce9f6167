//! Messages that were committed with the data they speak of and wait to be published.

use crate::{Message, PortError, QueueName};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A message with the queue that it goes to.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxEntry {
    /// Where it goes.
    pub queue: QueueName,
    /// What is sent. Its id is the entry's id: a consumer drops what it has seen.
    pub message: Message,
}

/// The relay's side of the outbox: across tenants, and only the outbox.
///
/// Writing an entry is not here: it happens inside the transaction of the feature's own store.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Takes up to `limit` of the oldest entries that have waited for at least `older_than_ms`, calls nobody, and holds
    /// them against other relays until they are deleted or `lease_ms` has passed.
    async fn outbox_claim(&self, limit: u32, older_than_ms: u64, lease_ms: u64) -> Result<Vec<OutboxEntry>, PortError>;
    /// Deletes published entries by message id; unknown ids are no error.
    async fn outbox_delete(&self, ids: &[Uuid]) -> Result<(), PortError>;
    /// Deletes rows whose time is over (idempotency records, settled search state), at most a bounded number a call.
    /// Returns how many. The relay calls it about once a minute.
    async fn sweep(&self) -> Result<u64, PortError>;
}

/// Work that rests in a store until it is due: timers, deadlines, tasks whose worker died. The rows are the truth; the
/// message that tells somebody of them is made anew each time and may be lost.
#[async_trait]
pub trait DueWork: Send + Sync {
    /// Takes up to `limit` pieces of work of all tenants that are due, and keeps them from others who ask for `hold_ms`: if
    /// nobody has done them by then, they are due again. Many may ask at once.
    async fn due_claim(&self, limit: u32, hold_ms: u64) -> Result<Due, PortError>;
}

/// What is due.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Due {
    /// A message for each piece of work, or one for several of the same consumer and key.
    pub entries: Vec<OutboxEntry>,
    /// When the next is due that is known now; more may come before it.
    pub next_at: Option<DateTime<Utc>>,
}
