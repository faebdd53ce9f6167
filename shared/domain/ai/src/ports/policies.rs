//! Where a tenant's policy is kept.

use crate::limits::Policy;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId, UserId};

/// A policy with its history's head.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPolicy {
    /// Counts every change; 0 for the default that nobody has changed.
    pub revision: i64,
    /// The policy.
    pub policy: Policy,
    /// When it was changed last.
    pub updated_at: Option<DateTime<Utc>>,
    /// By whom.
    pub updated_by: Option<UserId>,
}

/// Policies.
#[async_trait]
pub trait PolicyStore: Send + Sync {
    /// The tenant's; none if it has none.
    async fn policy_get(&self, tenant: &TenantId) -> Result<Option<StoredPolicy>, PortError>;
    /// Sets it if its revision is still `expected`; `Conflict` if not. Writes an audit message in the same transaction.
    async fn policy_put(&self, tenant: &TenantId, stored: &StoredPolicy, expected: i64) -> Result<(), PortError>;
}
