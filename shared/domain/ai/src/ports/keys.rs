//! Keys: those by which callers are known, and those by which providers know us.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, Principal, TenantId, UserId};
use std::collections::BTreeSet;
use uuid::Uuid;

/// An API key of the platform, for SDKs that want one string. The key itself is shown once and kept only as a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Names it; the key's own text begins with it.
    pub id: Uuid,
    /// The tenant.
    pub tenant: TenantId,
    /// In whose name it acts.
    pub user: UserId,
    /// What it is for, in words. 1 to 100 characters.
    pub name: String,
    /// SHA-256 of the secret part, 32 bytes.
    pub secret_hash: Vec<u8>,
    /// The last four characters of it, to recognise it by.
    pub hint: String,
    /// The groups and roles that it has: those of its maker when it was made, or fewer.
    pub groups: BTreeSet<String>,
    /// Likewise.
    pub roles: BTreeSet<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl ApiKey {
    /// Who acts with it, if it is good at `now`.
    pub fn principal(&self, now: DateTime<Utc>) -> Option<Principal> {
        let ended = self.revoked_at.is_some() || self.expires_at.is_some_and(|end| end <= now);
        (!ended).then(|| Principal {
            tenant: self.tenant.clone(),
            user: self.user.clone(),
            name: None,
            groups: self.groups.iter().filter_map(|group| group.parse().ok()).collect(),
            roles: self.roles.clone(),
            api_key: Some(self.id),
        })
    }
}

/// API keys.
#[async_trait]
pub trait ApiKeyStore: Send + Sync {
    /// One by its id, across tenants: the key's text names its tenant, and it is looked for in that tenant only.
    async fn api_key_get(&self, tenant: &TenantId, id: Uuid) -> Result<Option<ApiKey>, PortError>;
    /// All of a tenant, newest first; at most 1,000 (a tenant may have no more).
    async fn api_key_list(&self, tenant: &TenantId) -> Result<Vec<ApiKey>, PortError>;
    /// Adds one. `Conflict` where the tenant has 1,000 that are not revoked.
    async fn api_key_insert(&self, key: &ApiKey) -> Result<(), PortError>;
    /// Revokes one; false if there is none. Revoking again changes nothing.
    async fn api_key_revoke(&self, tenant: &TenantId, id: Uuid, at: DateTime<Utc>) -> Result<bool, PortError>;
}

/// A tenant's own key with a provider, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderKey {
    /// The provider's name.
    pub provider: String,
    /// Sealed by [`Sealer`] with the purpose `provider-key`.
    pub sealed: Bytes,
    /// The last four characters, to recognise it by.
    pub hint: String,
    /// When it was set.
    pub updated_at: DateTime<Utc>,
    /// By whom.
    pub updated_by: UserId,
}

/// The tenants' own provider keys.
#[async_trait]
pub trait ProviderKeyStore: Send + Sync {
    /// All of a tenant.
    async fn provider_key_list(&self, tenant: &TenantId) -> Result<Vec<ProviderKey>, PortError>;
    /// Sets one, over what was there.
    async fn provider_key_put(&self, tenant: &TenantId, key: &ProviderKey) -> Result<(), PortError>;
    /// Removes one; false if there is none.
    async fn provider_key_delete(&self, tenant: &TenantId, provider: &str) -> Result<bool, PortError>;
}
