//! The ports of the AI gateway.

use crate::store::Postgres;
use crate::{api_key, call_insert, call_list, policy, provider_key, usage};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use octavo_domain_ai::Call;
use octavo_domain_ai::ports::{
    ApiKey, ApiKeyStore, CallPage, CallQuery, Ledger, PolicyStore, ProviderKey, ProviderKeyStore, Spent, StoredPolicy,
    UsageQuery, UsageRow,
};
use octavo_domain_kernel::{PortError, TenantId};
use uuid::Uuid;

#[async_trait]
impl Ledger for Postgres {
    async fn call_insert(&self, tenant: &TenantId, calls: &[Call]) -> Result<Vec<bool>, PortError> {
        call_insert::call_insert(&self.pool, self.audit.as_deref(), tenant, calls).await
    }

    async fn spent(&self, tenant: &TenantId, from: NaiveDate, to: NaiveDate) -> Result<Spent, PortError> {
        usage::spent(&self.pool, tenant, from, to).await
    }

    async fn usage(&self, tenant: &TenantId, query: &UsageQuery) -> Result<Vec<UsageRow>, PortError> {
        usage::usage(&self.pool, tenant, query).await
    }

    async fn call_list(&self, tenant: &TenantId, query: &CallQuery) -> Result<CallPage, PortError> {
        call_list::call_list(&self.pool, tenant, query).await
    }
}

#[async_trait]
impl PolicyStore for Postgres {
    async fn policy_get(&self, tenant: &TenantId) -> Result<Option<StoredPolicy>, PortError> {
        policy::policy_get(&self.pool, tenant).await
    }

    async fn policy_put(&self, tenant: &TenantId, stored: &StoredPolicy, expected: i64) -> Result<(), PortError> {
        policy::policy_put(&self.pool, self.audit.as_deref(), tenant, stored, expected).await
    }
}

#[async_trait]
impl ApiKeyStore for Postgres {
    async fn api_key_get(&self, tenant: &TenantId, id: Uuid) -> Result<Option<ApiKey>, PortError> {
        api_key::api_key_get(&self.pool, tenant, id).await
    }

    async fn api_key_list(&self, tenant: &TenantId) -> Result<Vec<ApiKey>, PortError> {
        api_key::api_key_list(&self.pool, tenant).await
    }

    async fn api_key_insert(&self, key: &ApiKey) -> Result<(), PortError> {
        api_key::api_key_insert(&self.pool, key).await
    }

    async fn api_key_revoke(&self, tenant: &TenantId, id: Uuid, at: DateTime<Utc>) -> Result<bool, PortError> {
        api_key::api_key_revoke(&self.pool, tenant, id, at).await
    }
}

#[async_trait]
impl ProviderKeyStore for Postgres {
    async fn provider_key_list(&self, tenant: &TenantId) -> Result<Vec<ProviderKey>, PortError> {
        provider_key::provider_key_list(&self.pool, tenant).await
    }

    async fn provider_key_put(&self, tenant: &TenantId, key: &ProviderKey) -> Result<(), PortError> {
        provider_key::provider_key_put(&self.pool, tenant, key).await
    }

    async fn provider_key_delete(&self, tenant: &TenantId, provider: &str) -> Result<bool, PortError> {
        provider_key::provider_key_delete(&self.pool, tenant, provider).await
    }
}
