//! The ports.

use crate::partitions::Upkeep;
use crate::pool::{InvalidUrl, Pool, PoolOptions};
use crate::workflow::Replica;
use crate::{
    document_commit, document_get, document_list, document_versions, idempotency, outbox, search, search_state, sweep,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_documents::{
    Commit, CommitError, Document, DocumentStore, IdempotencyKey, IdempotencyRecord, ListPage, ListQuery, Version,
};
use octavo_domain_kernel::{DocumentId, Ids, Outbox, OutboxEntry, PortError, Reader, TenantId};
use octavo_domain_search::{SearchGenerations, SearchState, SearchStateStore};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// What functions use, under a login of the group `octavo_app`. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct Postgres {
    pub(crate) pool: Pool,
    /// Names the messages to the audit trail; none where none are written.
    pub(crate) audit: Option<Arc<dyn Ids>>,
    /// Where reads go that need not be of this moment; none where there is but one server.
    pub(crate) replica: Option<Arc<Replica>>,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("pool", &self.pool)
            .field("audit", &self.audit.is_some())
            .field("replica", &self.replica.is_some())
            .finish()
    }
}

impl Postgres {
    /// Connects when first used, so that a cold start waits for nothing. Must be called within a tokio runtime.
    pub fn connect_lazy(url: &str, options: &PoolOptions) -> Result<Self, InvalidUrl> {
        Ok(Self { pool: Pool::connect_lazy(url, options)?, audit: None, replica: None })
    }

    /// Writes what the AI gateway did (`ai.called`, `ai.policy_changed`) for the queue `audit` into the outbox, in the
    /// transaction that it speaks of. Not by default: until a function consumes that queue, it would only grow.
    #[must_use]
    pub fn with_audit(self, ids: Arc<dyn Ids>) -> Self {
        Self { audit: Some(ids), ..self }
    }

    /// Reads lists and counts of executions from a streaming replica whenever it is as fresh as the caller wants, under a
    /// login of the same group. Connects when first used.
    pub fn with_replica(self, url: &str, options: &PoolOptions) -> Result<Self, InvalidUrl> {
        Ok(Self { replica: Some(Arc::new(Replica::connect_lazy(url, options)?)), ..self })
    }

    /// Closes the connections; calls that follow fail.
    pub async fn close(&self) {
        self.pool.close().await;
        if let Some(replica) = &self.replica {
            replica.close().await;
        }
    }
}

/// What publishes and sweeps, under a login of the group `octavo_relay`. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Relay {
    pool: Pool,
    upkeep: Arc<Upkeep>,
}

impl Relay {
    /// Connects when first used. Must be called within a tokio runtime.
    pub fn connect_lazy(url: &str, options: &PoolOptions) -> Result<Self, InvalidUrl> {
        Ok(Self { pool: Pool::connect_lazy(url, options)?, upkeep: Arc::default() })
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Closes the connections; calls that follow fail.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

#[async_trait]
impl DocumentStore for Postgres {
    async fn document_commit(&self, commit: &Commit) -> Result<(), CommitError> {
        document_commit::document_commit(&self.pool, commit).await
    }

    async fn document_get(&self, tenant: &TenantId, id: DocumentId) -> Result<Option<Document>, PortError> {
        Ok(document_get::document_get_many(&self.pool, tenant, &[id]).await?.pop())
    }

    async fn document_get_many(&self, tenant: &TenantId, ids: &[DocumentId]) -> Result<Vec<Document>, PortError> {
        document_get::document_get_many(&self.pool, tenant, ids).await
    }

    async fn document_list(&self, tenant: &TenantId, query: &ListQuery) -> Result<ListPage, PortError> {
        document_list::document_list(&self.pool, tenant, query).await
    }

    async fn document_versions(
        &self,
        tenant: &TenantId,
        id: DocumentId,
        before: Option<u32>,
        limit: u16,
    ) -> Result<Vec<Version>, PortError> {
        document_versions::document_versions(&self.pool, tenant, id, before, limit).await
    }

    async fn document_version_get(
        &self,
        tenant: &TenantId,
        id: DocumentId,
        number: u32,
    ) -> Result<Option<Version>, PortError> {
        document_versions::document_version_get(&self.pool, tenant, id, number).await
    }

    async fn idempotency_get(
        &self,
        tenant: &TenantId,
        key: &IdempotencyKey,
        now: DateTime<Utc>,
    ) -> Result<Option<IdempotencyRecord>, PortError> {
        idempotency::idempotency_get(&self.pool, tenant, key, now).await
    }

    async fn outbox_published(&self, tenant: &TenantId, ids: &[Uuid]) -> Result<(), PortError> {
        outbox::outbox_published(&self.pool, tenant, ids).await
    }

    async fn ping(&self) -> Result<(), PortError> {
        self.pool.ping().await
    }
}

#[async_trait]
impl SearchStateStore for Postgres {
    async fn search_state(&self, tenant: &TenantId, readers: &[Reader]) -> Result<SearchState, PortError> {
        search_state::search_state(&self.pool, tenant, readers).await
    }

    async fn search_settled(
        &self,
        tenant: &TenantId,
        indexed: &[(DocumentId, i64)],
        grace_ms: u64,
    ) -> Result<(), PortError> {
        search_state::search_settled(&self.pool, tenant, indexed, grace_ms).await
    }

    async fn search_later(&self, tenant: &TenantId, later: &OutboxEntry, after_ms: u64) -> Result<(), PortError> {
        outbox::outbox_later(&self.pool, tenant, later, after_ms).await
    }
}

#[async_trait]
impl SearchGenerations for Relay {
    async fn generations_bump(&self) -> Result<u64, PortError> {
        search::generations_bump(&self.pool).await
    }
}

#[async_trait]
impl Outbox for Relay {
    async fn outbox_claim(&self, limit: u32, older_than_ms: u64, lease_ms: u64) -> Result<Vec<OutboxEntry>, PortError> {
        outbox::outbox_claim(&self.pool, limit, older_than_ms, lease_ms).await
    }

    async fn outbox_delete(&self, ids: &[Uuid]) -> Result<(), PortError> {
        outbox::outbox_delete(&self.pool, ids).await
    }

    async fn sweep(&self) -> Result<u64, PortError> {
        sweep::sweep(&self.pool, &self.upkeep).await
    }
}
