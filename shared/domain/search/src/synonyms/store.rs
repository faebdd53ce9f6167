//! The port of what keeps synonyms.

use super::SynonymRules;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId, UserId};

/// A tenant's synonyms as they are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSynonyms {
    /// How often they were set; also in [`crate::SearchState::synonyms`].
    pub revision: i64,
    /// In their normal form.
    pub rules: SynonymRules,
    /// When they were set last.
    pub updated_at: DateTime<Utc>,
    /// By whom.
    pub updated_by: UserId,
}

/// Keeps synonyms. PostgreSQL implements this.
#[async_trait]
pub trait SynonymStore: Send + Sync {
    /// The tenant's synonyms; none where none were set.
    async fn synonyms_get(&self, tenant: &TenantId) -> Result<Option<StoredSynonyms>, PortError>;
    /// Sets them, if the revision before `set.revision` is the present one; answers whether it was.
    async fn synonyms_put(&self, tenant: &TenantId, set: &StoredSynonyms) -> Result<bool, PortError>;
}
