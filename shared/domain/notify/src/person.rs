//! People: where and how they are reached.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_calendar::Zone;
use octavo_domain_kernel::{GroupId, PortError, TenantId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A person of a tenant, as it says they are. What they may do is not decided by this: their token says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    pub user: UserId,
    /// What they are called: at most 200 characters.
    pub name: Option<String>,
    /// Their mail address.
    pub email: Option<String>,
    /// Their telephone, E.164: `+4366012345`.
    pub phone: Option<String>,
    /// Their language, BCP 47: `de-AT`.
    pub language: Option<String>,
    /// Their time zone.
    pub zone: Option<Zone>,
    /// The groups that they are in, for those who are told by group: at most 200.
    pub groups: BTreeSet<GroupId>,
    /// When it was set.
    pub updated_at: DateTime<Utc>,
}

/// Keeps people. Every call is of one tenant. PostgreSQL implements this.
#[async_trait]
pub trait People: Send + Sync {
    /// One.
    async fn person_get(&self, tenant: &TenantId, user: &UserId) -> Result<Option<Person>, PortError>;
    /// Those of `users` who are known, at most 1,000.
    async fn people_get(&self, tenant: &TenantId, users: &[UserId]) -> Result<Vec<Person>, PortError>;
    /// Whoever is in one of these groups, each once, at most `limit` (and no more than 10,000).
    async fn people_of(&self, tenant: &TenantId, groups: &[GroupId], limit: u32) -> Result<Vec<Person>, PortError>;
    /// A page, by user, behind `after`. At most 200.
    async fn people_list(
        &self,
        tenant: &TenantId,
        after: Option<&UserId>,
        limit: u32,
    ) -> Result<Vec<Person>, PortError>;
    /// Sets one.
    async fn person_put(&self, tenant: &TenantId, person: &Person) -> Result<(), PortError>;
    /// Deletes one; false if there is none.
    async fn person_delete(&self, tenant: &TenantId, user: &UserId) -> Result<bool, PortError>;
}
