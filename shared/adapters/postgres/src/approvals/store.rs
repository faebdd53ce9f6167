//! The port.

use super::substitutions::As;
use super::{calendars, commit, counts, get, list, substitutions};
use crate::Postgres;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_approvals::{
    Approval, ApprovalId, ApprovalStore, Commit, Committed, Counts, ListQuery, NamedCalendar, RecordedEvent,
    Substitution, SubstitutionId, Summary,
};
use octavo_domain_kernel::{PortError, Reader, TenantId, UserId};

#[async_trait]
impl ApprovalStore for Postgres {
    async fn approval_commit(&self, tenant: &TenantId, commit: &Commit) -> Result<Committed, PortError> {
        commit::approval_commit(&self.pool, self.audit.as_deref(), tenant, commit).await
    }

    async fn approval_get(&self, tenant: &TenantId, id: ApprovalId) -> Result<Option<Approval>, PortError> {
        get::approval_get(&self.pool, tenant, id).await
    }

    async fn approval_awaited(&self, tenant: &TenantId, id: ApprovalId) -> Result<bool, PortError> {
        get::approval_awaited(&self.pool, tenant, id).await
    }

    async fn approval_list(&self, tenant: &TenantId, query: &ListQuery) -> Result<Vec<Summary>, PortError> {
        list::approval_list(&self.pool, tenant, query).await
    }

    async fn approval_counts(&self, tenant: &TenantId, me: &UserId, readers: &[Reader]) -> Result<Counts, PortError> {
        counts::approval_counts(&self.pool, tenant, me, readers).await
    }

    async fn approval_events(
        &self,
        tenant: &TenantId,
        id: ApprovalId,
        after: u32,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, PortError> {
        get::approval_events(&self.pool, tenant, id, after, limit).await
    }

    async fn substitution_put(&self, tenant: &TenantId, substitution: &Substitution) -> Result<(), PortError> {
        substitutions::substitution_put(&self.pool, tenant, substitution).await
    }

    async fn substitution_delete(&self, tenant: &TenantId, id: SubstitutionId) -> Result<bool, PortError> {
        substitutions::substitution_delete(&self.pool, tenant, id).await
    }

    async fn substitution_get(&self, tenant: &TenantId, id: SubstitutionId) -> Result<Option<Substitution>, PortError> {
        substitutions::substitution_get(&self.pool, tenant, id).await
    }

    async fn substitutions(&self, tenant: &TenantId, of: Option<&UserId>) -> Result<Vec<Substitution>, PortError> {
        substitutions::substitutions(&self.pool, tenant, of).await
    }

    async fn substitutions_by(
        &self,
        tenant: &TenantId,
        substitutes: &[UserId],
        now: DateTime<Utc>,
    ) -> Result<Vec<Substitution>, PortError> {
        substitutions::substitutions_around(&self.pool, tenant, (As::Substitute, substitutes), now).await
    }

    async fn substitutions_of(
        &self,
        tenant: &TenantId,
        users: &[UserId],
        now: DateTime<Utc>,
    ) -> Result<Vec<Substitution>, PortError> {
        substitutions::substitutions_around(&self.pool, tenant, (As::Away, users), now).await
    }

    async fn calendars(&self, tenant: &TenantId) -> Result<Vec<NamedCalendar>, PortError> {
        calendars::calendars(&self.pool, tenant).await
    }

    async fn calendar_get(&self, tenant: &TenantId, name: &str) -> Result<Option<NamedCalendar>, PortError> {
        calendars::calendar_get(&self.pool, tenant, name).await
    }

    async fn calendar_put(&self, tenant: &TenantId, calendar: &NamedCalendar) -> Result<(), PortError> {
        calendars::calendar_put(&self.pool, tenant, calendar).await
    }

    async fn calendar_delete(&self, tenant: &TenantId, name: &str) -> Result<bool, PortError> {
        calendars::calendar_delete(&self.pool, tenant, name).await
    }
}
