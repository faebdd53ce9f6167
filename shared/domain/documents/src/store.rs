//! The port that stores documents.

use crate::{Document, MediaType, Version};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, OutboxEntry, PortError, Reader, TenantId, UserId};
use serde_json::Value;

/// Names a request that a client may send twice: a key is one user's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Who sent it.
    pub user: UserId,
    /// The `Idempotency-Key` header.
    pub key: String,
}

/// What was answered to a request that named an [`IdempotencyKey`].
#[derive(Debug, Clone, PartialEq)]
pub struct IdempotencyRecord {
    /// The request's name.
    pub key: IdempotencyKey,
    /// A hash of method, path and body: the same key with another request is a mistake of the client.
    pub request_hash: String,
    /// The status that was answered.
    pub status: u16,
    /// The body that was answered.
    pub answer: Value,
    /// The document's revision then, for the entity tag.
    pub revision: i64,
    /// Forgotten after this.
    pub expires_at: DateTime<Utc>,
}

/// A change, decided: everything that one transaction must make true, or nothing of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The revision that the decision was taken on; `None` makes a new document.
    pub expected_revision: Option<i64>,
    /// The document as it is to be, its revision one more than expected (1 for a new one).
    pub document: Document,
    /// The new version, if the body changed.
    pub version: Option<Version>,
    /// Who can no longer read it. Not empty: the tenant's search generation is bumped in the same transaction.
    pub hidden_from: Vec<Reader>,
    /// What is told to the rest of the platform, once this is committed.
    pub outbox: Vec<OutboxEntry>,
    /// Kept so that the same request gets the same answer.
    pub idempotency: Option<IdempotencyRecord>,
}

/// Why a change was not made. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The document is at another revision by now (`None`: it is gone, or was never there).
    #[error("the document is at another revision")]
    Stale {
        /// The revision that it is at.
        current: Option<i64>,
    },
    /// A request with the same idempotency key was answered in the meantime: read its record.
    #[error("the idempotency key is taken")]
    IdempotencyKeyTaken,
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// In which order a listing comes. Ties are broken by id, so that paging neither repeats nor skips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListOrder {
    /// Last changed first.
    #[default]
    UpdatedDescending,
    /// Last made first.
    CreatedDescending,
    /// By title, in the order of the code points of its lower-case form.
    TitleAscending,
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ListPosition {
    /// The last document's time (the one that the order goes by), with microseconds; none when the order is by title.
    pub at: Option<DateTime<Utc>>,
    /// The last document's title in lower case, when the order is by title.
    pub title: Option<String>,
    /// The last document.
    pub id: DocumentId,
}

/// What to list: always only what `readers` may read.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    /// The principal's readers.
    pub readers: Vec<Reader>,
    /// Only documents that this user owns.
    pub owner: Option<UserId>,
    /// Only documents with all of these tags.
    pub tags: Vec<String>,
    /// Only this format.
    pub media_type: Option<MediaType>,
    /// Only titles that begin with this, letters' case aside.
    pub title_prefix: Option<String>,
    /// Deleted documents instead of living ones; only the owner's own.
    pub deleted: bool,
    /// The order.
    pub order: ListOrder,
    /// After this.
    pub after: Option<ListPosition>,
    /// At most so many.
    pub limit: u16,
}

/// A page of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPage {
    /// The documents, in order.
    pub documents: Vec<Document>,
    /// Whether more follow.
    pub more: bool,
}

/// Reads all that a tenant has, for whoever compares another store with this one. PostgreSQL implements this, under row-level
/// security.
#[async_trait]
pub trait DocumentScan: Send + Sync {
    /// Living documents of a tenant, by id: at most `limit` (1 to 1,000) after `after`.
    async fn document_scan(
        &self,
        tenant: &TenantId,
        after: Option<DocumentId>,
        limit: u16,
    ) -> Result<Vec<Document>, PortError>;
}

/// Names those who have documents. PostgreSQL implements this, across tenants and for nothing else.
#[async_trait]
pub trait DocumentTenants: Send + Sync {
    /// Tenants that have documents, deleted ones too, by the bytes of their names: at most `limit` (1 to 1,000) after `after`.
    async fn document_tenants(&self, after: Option<&TenantId>, limit: u16) -> Result<Vec<TenantId>, PortError>;
}

/// Stores documents. PostgreSQL implements this; every method is one transaction in its tenant, under row-level security.
#[async_trait]
pub trait DocumentStore: Send + Sync {
    /// Makes a decided change true, all of it or nothing. Two commits on one revision: exactly one is made.
    async fn document_commit(&self, commit: &Commit) -> Result<(), CommitError>;
    /// One document, deleted or not.
    async fn document_get(&self, tenant: &TenantId, id: DocumentId) -> Result<Option<Document>, PortError>;
    /// Several, deleted or not, in any order; those that are not there are left out. At most 1,000 ids.
    async fn document_get_many(&self, tenant: &TenantId, ids: &[DocumentId]) -> Result<Vec<Document>, PortError>;
    /// A page of what the query's readers may read.
    async fn document_list(&self, tenant: &TenantId, query: &ListQuery) -> Result<ListPage, PortError>;
    /// The versions below `before` (all, if none), newest first, at most `limit`.
    async fn document_versions(
        &self,
        tenant: &TenantId,
        id: DocumentId,
        before: Option<u32>,
        limit: u16,
    ) -> Result<Vec<Version>, PortError>;
    /// One version.
    async fn document_version_get(
        &self,
        tenant: &TenantId,
        id: DocumentId,
        number: u32,
    ) -> Result<Option<Version>, PortError>;
    /// What was answered to a request with this key, unless it has expired at `now`.
    async fn idempotency_get(
        &self,
        tenant: &TenantId,
        key: &IdempotencyKey,
        now: DateTime<Utc>,
    ) -> Result<Option<IdempotencyRecord>, PortError>;
    /// Deletes outbox entries that were published right after the commit; the relay publishes those that were not.
    async fn outbox_published(&self, tenant: &TenantId, ids: &[uuid::Uuid]) -> Result<(), PortError>;
    /// Whether the store answers: for health checks.
    async fn ping(&self) -> Result<(), PortError>;
}
