//! The ports.

use super::{analytics_add, analytics_click, analytics_report, saved, saved_commit, synonyms};
use crate::{Postgres, outbox};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, PortError, TenantId, UserId};
use octavo_domain_search::{
    AnalyticsFound, AnalyticsRange, Click, Counted, RunCommit, SavedSearch, SavedSearchId, SavedSearchStore,
    SearchAnalytics, StoredSynonyms, SynonymStore,
};
use uuid::Uuid;

#[async_trait]
impl SynonymStore for Postgres {
    async fn synonyms_get(&self, tenant: &TenantId) -> Result<Option<StoredSynonyms>, PortError> {
        synonyms::synonyms_get(&self.pool, tenant).await
    }

    async fn synonyms_put(&self, tenant: &TenantId, set: &StoredSynonyms) -> Result<bool, PortError> {
        synonyms::synonyms_put(&self.pool, tenant, set).await
    }
}

#[async_trait]
impl SavedSearchStore for Postgres {
    async fn saved_put(&self, tenant: &TenantId, saved: &SavedSearch) -> Result<(), PortError> {
        saved::saved_put(&self.pool, tenant, saved).await
    }

    async fn saved_get(&self, tenant: &TenantId, id: SavedSearchId) -> Result<Option<SavedSearch>, PortError> {
        saved::saved_get(&self.pool, tenant, id).await
    }

    async fn saved_list(&self, tenant: &TenantId, owner: &UserId) -> Result<Vec<SavedSearch>, PortError> {
        saved::saved_list(&self.pool, tenant, owner).await
    }

    async fn saved_delete(&self, tenant: &TenantId, owner: &UserId, id: SavedSearchId) -> Result<bool, PortError> {
        saved::saved_delete(&self.pool, tenant, owner, id).await
    }

    async fn saved_untold(
        &self,
        tenant: &TenantId,
        id: SavedSearchId,
        documents: &[DocumentId],
    ) -> Result<Vec<DocumentId>, PortError> {
        saved_commit::saved_untold(&self.pool, tenant, id, documents).await
    }

    async fn saved_commit(&self, tenant: &TenantId, commit: &RunCommit) -> Result<bool, PortError> {
        saved_commit::saved_commit(&self.pool, tenant, commit).await
    }

    async fn saved_put_off(
        &self,
        tenant: &TenantId,
        id: SavedSearchId,
        seen_runs: i64,
        until: DateTime<Utc>,
    ) -> Result<(), PortError> {
        saved_commit::saved_put_off(&self.pool, tenant, id, seen_runs, until).await
    }

    async fn saved_published(&self, tenant: &TenantId, ids: &[Uuid]) -> Result<(), PortError> {
        outbox::outbox_published(&self.pool, tenant, ids).await
    }
}

#[async_trait]
impl SearchAnalytics for Postgres {
    async fn analytics_add(&self, tenant: &TenantId, counted: &[Counted]) -> Result<(), PortError> {
        analytics_add::analytics_add(&self.pool, tenant, counted).await
    }

    async fn analytics_click(&self, tenant: &TenantId, click: &Click) -> Result<(), PortError> {
        analytics_click::analytics_click(&self.pool, tenant, click).await
    }

    async fn analytics(&self, tenant: &TenantId, range: AnalyticsRange) -> Result<AnalyticsFound, PortError> {
        analytics_report::analytics(&self.pool, tenant, range).await
    }
}
