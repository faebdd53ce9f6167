//! The port of generated documents.

use crate::store::Postgres;
use crate::{generation_change, generation_create, generation_get, generation_list};
use async_trait::async_trait;
use octavo_domain_generate::{Change, CreateError, Creation, Generation, GenerationId, GenerationStore, Summary};
use octavo_domain_kernel::{PortError, TenantId, UserId};

#[async_trait]
impl GenerationStore for Postgres {
    async fn generation_create(&self, creation: &Creation) -> Result<(), CreateError> {
        generation_create::generation_create(&self.pool, creation).await
    }

    async fn generation_get(&self, tenant: &TenantId, id: GenerationId) -> Result<Option<Generation>, PortError> {
        generation_get::generation_get(&self.pool, tenant, id).await
    }

    async fn generation_list(
        &self,
        tenant: &TenantId,
        user: &UserId,
        before: Option<GenerationId>,
        limit: u16,
    ) -> Result<Vec<Summary>, PortError> {
        generation_list::generation_list(&self.pool, tenant, user, before, limit).await
    }

    async fn generation_change(&self, tenant: &TenantId, change: &Change) -> Result<bool, PortError> {
        generation_change::generation_change(&self.pool, tenant, change).await
    }
}
