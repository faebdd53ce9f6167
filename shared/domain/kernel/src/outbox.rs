//! Messages that were committed with the data they speak of and wait to be published.

use crate::{Message, PortError, QueueName};
use async_trait::async_trait;
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
