//! What search must know beside the index: how old a cached result may be, and what the index does not know yet.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, OutboxEntry, PortError, Reader, TenantId};

/// Documents hidden from one person at once; beyond this a search is refused until the index has caught up, because
/// showing what must not be shown is worse.
pub const HIDDEN_MAX: usize = 10_000;

/// A tenant's search state, as one person must see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchState {
    /// Counts what can change a result: part of every cache key.
    pub generation: i64,
    /// When it was counted last. A result that was computed less than the index's refresh interval after this may be
    /// older than the generation says, so it is not cached.
    pub generation_at: DateTime<Utc>,
    /// Documents that this person could read and no longer can, and that the index may still show. Sorted. At most
    /// [`HIDDEN_MAX`] + 1.
    pub hidden: Vec<DocumentId>,
    /// The revision of the tenant's synonyms, so that a process knows whether those that it keeps are the present ones. 0
    /// where none were set.
    pub synonyms: i64,
}

/// Keeps the search state. PostgreSQL implements this, so that it changes in the same transaction as the permissions.
#[async_trait]
pub trait SearchStateStore: Send + Sync {
    /// The state for somebody who is all of `readers`. A document is hidden if one of `readers` lost it and none of
    /// them can read it now, until [`Self::search_settled`] was told of a later revision and its grace has passed.
    async fn search_state(&self, tenant: &TenantId, readers: &[Reader]) -> Result<SearchState, PortError>;
    /// The index holds these revisions (they become visible within `grace_ms`): counts the generation once, and lets
    /// what was hidden because of these or earlier revisions go after `grace_ms`.
    async fn search_settled(
        &self,
        tenant: &TenantId,
        indexed: &[(DocumentId, i64)],
        grace_ms: u64,
    ) -> Result<(), PortError>;
    /// Has `later` sent by the outbox's relay, `after_ms` from now at the earliest. Nothing where one with its id waits already.
    async fn search_later(&self, tenant: &TenantId, later: &OutboxEntry, after_ms: u64) -> Result<(), PortError>;
}

/// Counts the generation of every tenant: what the index finds may be otherwise for all of them, as after a new version of
/// the index has come to be read. PostgreSQL implements this.
#[async_trait]
pub trait SearchGenerations: Send + Sync {
    /// Counts each tenant's generation once. How many tenants there are. Doing it twice does no harm.
    async fn generations_bump(&self) -> Result<u64, PortError>;
}
