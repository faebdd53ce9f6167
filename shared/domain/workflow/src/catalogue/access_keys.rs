//! Access keys: what the stock clients of AWS sign requests with.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{GroupId, PortError, Principal, TenantId, UserId};
use std::collections::BTreeSet;

/// Access keys of a user at most.
pub const ACCESS_KEYS_MAX: u32 = 20;

/// An access key. Its secret signs, so that it must be known here; it is kept sealed, and shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// `AKIA` and 16 characters; names the key alone, and the tenant with it.
    pub id: String,
    /// The tenant.
    pub tenant: TenantId,
    /// In whose name it acts.
    pub user: UserId,
    /// What it is for, in words. 1 to 100 characters.
    pub label: String,
    /// The user's groups when it was made.
    pub groups: BTreeSet<GroupId>,
    /// The user's roles when it was made.
    pub roles: BTreeSet<String>,
    /// The secret, sealed by [`Sealer`](octavo_domain_kernel::Sealer) with the purpose `access-key`.
    pub sealed: Bytes,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: UserId,
    /// When it was used last, to within an hour.
    pub used_at: Option<DateTime<Utc>>,
}

impl AccessKey {
    /// Whom it stands for.
    pub fn principal(&self) -> Principal {
        Principal {
            tenant: self.tenant.clone(),
            user: self.user.clone(),
            name: None,
            groups: self.groups.clone(),
            roles: self.roles.clone(),
            api_key: None,
        }
    }
}

/// What became of a key that was to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessKeyInserted {
    /// It is there.
    Done,
    /// The user has [`ACCESS_KEYS_MAX`].
    TooMany,
}

/// Access keys.
#[async_trait]
pub trait AccessKeyStore: Send + Sync {
    /// One by its id, of whatever tenant: who asks is known only by it.
    async fn access_key_find(&self, id: &str) -> Result<Option<AccessKey>, PortError>;
    /// Those of a tenant (of one user), newest first.
    async fn access_key_list(&self, tenant: &TenantId, user: Option<&UserId>) -> Result<Vec<AccessKey>, PortError>;
    /// Stores a new one.
    async fn access_key_insert(&self, key: &AccessKey) -> Result<AccessKeyInserted, PortError>;
    /// Deletes one (of this user); false if there is none.
    async fn access_key_delete(&self, tenant: &TenantId, user: Option<&UserId>, id: &str) -> Result<bool, PortError>;
    /// It was used. Called about once an hour for a key.
    async fn access_key_used(&self, tenant: &TenantId, id: &str, at: DateTime<Utc>) -> Result<(), PortError>;
}
