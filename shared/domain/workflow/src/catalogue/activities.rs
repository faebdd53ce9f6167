//! Activities: names under which workers of any kind take tasks.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use std::collections::BTreeMap;

/// Activities of a tenant at most: the service's own quota.
pub const ACTIVITIES_MAX: u32 = 10_000;

/// An activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its name as an ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What became of an activity that was to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActivityCreated {
    /// It is there.
    New,
    /// It was there already; its tags are as they were.
    Exists(Activity),
    /// There are as many as may be.
    TooMany,
}

/// Activities. Every call is of one tenant and sees nothing of another.
#[async_trait]
pub trait Activities: Send + Sync {
    /// Makes one.
    async fn activity_create(
        &self,
        tenant: &TenantId,
        activity: &Activity,
        tags: &BTreeMap<String, String>,
    ) -> Result<ActivityCreated, PortError>;
    /// One.
    async fn activity_get(&self, tenant: &TenantId, arn: &str) -> Result<Option<Activity>, PortError>;
    /// Some, in the order of their names, after this one.
    async fn activity_list(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Activity>, PortError>;
    /// Deletes one; deleting what is not there changes nothing. Tasks that wait for its workers go on waiting: for their
    /// deadline, or for an activity of the same name.
    async fn activity_delete(&self, tenant: &TenantId, arn: &str) -> Result<(), PortError>;
}
