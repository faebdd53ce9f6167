//! The port of what keeps saved searches.

use super::{RunCommit, SavedSearch, SavedSearchId};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, PortError, TenantId, UserId};
use uuid::Uuid;

/// Keeps saved searches, and of what each has told. PostgreSQL implements this.
#[async_trait]
pub trait SavedSearchStore: Send + Sync {
    /// Keeps a new one; changes nothing where its id is known. `Conflict` if its owner has [`super::SAVED_MAX`] already.
    async fn saved_put(&self, tenant: &TenantId, saved: &SavedSearch) -> Result<(), PortError>;
    /// One of them.
    async fn saved_get(&self, tenant: &TenantId, id: SavedSearchId) -> Result<Option<SavedSearch>, PortError>;
    /// All of a person, by name.
    async fn saved_list(&self, tenant: &TenantId, owner: &UserId) -> Result<Vec<SavedSearch>, PortError>;
    /// Deletes one of a person's, and what it has told; answers whether there was one.
    async fn saved_delete(&self, tenant: &TenantId, owner: &UserId, id: SavedSearchId) -> Result<bool, PortError>;
    /// Those of `documents` that it has not told of, in their order.
    async fn saved_untold(
        &self,
        tenant: &TenantId,
        id: SavedSearchId,
        documents: &[DocumentId],
    ) -> Result<Vec<DocumentId>, PortError>;
    /// Makes a run true in one transaction with its messages; answers false, and changes nothing, where it was run meanwhile
    /// or deleted.
    async fn saved_commit(&self, tenant: &TenantId, commit: &RunCommit) -> Result<bool, PortError>;
    /// Puts the next run off, if it has not been run since `seen_runs`.
    async fn saved_put_off(
        &self,
        tenant: &TenantId,
        id: SavedSearchId,
        seen_runs: i64,
        until: DateTime<Utc>,
    ) -> Result<(), PortError>;
    /// Messages of a commit that were published: they leave the outbox.
    async fn saved_published(&self, tenant: &TenantId, ids: &[Uuid]) -> Result<(), PortError>;
}
