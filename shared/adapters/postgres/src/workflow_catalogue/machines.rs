//! The port of state machines and versions.

use super::{machine_create, machine_delete, machine_get, machine_update, versions};
use crate::store::Postgres;
use async_trait::async_trait;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::catalogue::{
    Catalogue, Machine, MachineCreated, MachineSummary, MachineUpdate, MachineUpdated, NewMachine, Publish, Published,
    Version, VersionDeleted,
};

#[async_trait]
impl Catalogue for Postgres {
    async fn machine_create(&self, tenant: &TenantId, new: &NewMachine) -> Result<MachineCreated, PortError> {
        machine_create::machine_create(&self.pool, tenant, new).await
    }

    async fn machine_get(&self, tenant: &TenantId, arn: &str) -> Result<Option<Machine>, PortError> {
        machine_get::machine_get(&self.pool, tenant, arn).await
    }

    async fn machine_update(&self, tenant: &TenantId, update: &MachineUpdate) -> Result<MachineUpdated, PortError> {
        machine_update::machine_update(&self.pool, tenant, update).await
    }

    async fn machine_delete(&self, tenant: &TenantId, arn: &str) -> Result<(), PortError> {
        machine_delete::machine_delete(&self.pool, tenant, arn).await
    }

    async fn machine_list(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<MachineSummary>, PortError> {
        machine_get::machine_list(&self.pool, tenant, after, limit).await
    }

    async fn version_publish(&self, tenant: &TenantId, publish: &Publish) -> Result<Published, PortError> {
        versions::version_publish(&self.pool, tenant, publish).await
    }

    async fn version_get(
        &self,
        tenant: &TenantId,
        machine_arn: &str,
        number: u32,
    ) -> Result<Option<(Version, Machine)>, PortError> {
        versions::version_get(&self.pool, tenant, machine_arn, number).await
    }

    async fn version_list(
        &self,
        tenant: &TenantId,
        machine_arn: &str,
        below: Option<u32>,
        limit: u32,
    ) -> Result<Vec<Version>, PortError> {
        versions::version_list(&self.pool, tenant, machine_arn, below, limit).await
    }

    async fn version_delete(
        &self,
        tenant: &TenantId,
        machine_arn: &str,
        number: u32,
    ) -> Result<VersionDeleted, PortError> {
        versions::version_delete(&self.pool, tenant, machine_arn, number).await
    }
}
