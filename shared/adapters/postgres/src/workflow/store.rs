//! The ports.

use super::{
    activity, answer, commit, counts, dead, due, find, get, history, list, load, map_run, map_run_read, post, replica,
    tasks, waiting,
};
use crate::error::port_error;
use crate::{Postgres, Relay};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Due, DueWork, PortError, TenantId};
use octavo_domain_workflow::engine::ports::{
    ActivityTask, Answered, Claimed, Committed, DeadExecution, ExecutionQuery, ExecutionReads, ExecutionStore,
    ExecutionSummary, ExecutionView, Freshness, HeldTask, MapRunUpdate, MapRunView,
};
use octavo_domain_workflow::engine::{Change, Chunk, ExecutionId, Kept, Posted, Status, Task};
use octavo_domain_workflow::machine::Event;

#[async_trait]
impl ExecutionStore for Postgres {
    async fn execution_commit(
        &self,
        tenant: &TenantId,
        change: &Change,
        worker: Option<(&str, DateTime<Utc>)>,
    ) -> Result<Committed, PortError> {
        commit::execution_commit(&self.pool, tenant, change, worker).await
    }

    async fn execution_load(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        now: DateTime<Utc>,
    ) -> Result<Option<octavo_domain_workflow::engine::Loaded>, PortError> {
        load::execution_load(&self.pool, tenant, id, now).await
    }

    async fn signals_post(&self, tenant: &TenantId, posted: &[Posted]) -> Result<(), PortError> {
        post::signals_post(&self.pool, tenant, posted).await
    }

    async fn tasks_claim(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        worker: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Claimed>, PortError> {
        tasks::tasks_claim(&self.pool, tenant, id, worker, now, until, limit).await
    }

    async fn tasks_renew(
        &self,
        tenant: &TenantId,
        worker: &str,
        tasks: &[HeldTask],
        until: DateTime<Utc>,
    ) -> Result<Vec<HeldTask>, PortError> {
        tasks::tasks_renew(&self.pool, tenant, worker, tasks, until).await
    }

    async fn tasks_release(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        worker: &str,
        tasks: &[(u64, u64)],
    ) -> Result<(), PortError> {
        tasks::tasks_release(&self.pool, tenant, id, worker, tasks).await
    }

    async fn token_answer(
        &self,
        tenant: &TenantId,
        token: &str,
        event: &Event,
        now: DateTime<Utc>,
    ) -> Result<Answered, PortError> {
        answer::token_answer(&self.pool, tenant, token, event, now).await
    }

    async fn token_heartbeat(&self, tenant: &TenantId, token: &str, now: DateTime<Utc>) -> Result<Answered, PortError> {
        answer::token_heartbeat(&self.pool, tenant, token, now).await
    }

    async fn activity_claim(
        &self,
        tenant: &TenantId,
        activity_arn: &str,
        worker: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Option<ActivityTask>, PortError> {
        activity::activity_claim(&self.pool, tenant, activity_arn, worker, now).await
    }

    async fn execution_bury(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        error: &str,
        at: DateTime<Utc>,
    ) -> Result<(), PortError> {
        dead::execution_bury(&self.pool, tenant, id, error, at).await
    }

    async fn dead_executions(&self, tenant: &TenantId, limit: u32) -> Result<Vec<DeadExecution>, PortError> {
        dead::dead_executions(&self.pool, tenant, limit).await
    }

    async fn execution_revive(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        now: DateTime<Utc>,
    ) -> Result<bool, PortError> {
        dead::execution_revive(&self.pool, tenant, id, now).await
    }

    async fn map_run_update(&self, tenant: &TenantId, update: &MapRunUpdate) -> Result<bool, PortError> {
        map_run::map_run_update(&self.pool, tenant, update).await
    }
}

#[async_trait]
impl ExecutionReads for Postgres {
    async fn execution_find(&self, tenant: &TenantId, arn: &str) -> Result<Option<ExecutionId>, PortError> {
        find::execution_find(&self.pool, tenant, arn).await
    }

    async fn execution_get(&self, tenant: &TenantId, id: ExecutionId) -> Result<Option<ExecutionView>, PortError> {
        get::execution_get(&self.pool, tenant, id).await
    }

    async fn execution_list(
        &self,
        tenant: &TenantId,
        query: &ExecutionQuery,
        freshness: &Freshness,
    ) -> Result<Vec<ExecutionSummary>, PortError> {
        let persistent = self.pool.is_cached();
        if let Some(replica) = &self.replica
            && let Some(mut transaction) = replica.begin(&self.pool, tenant, freshness).await?
        {
            match list::execution_list(&mut transaction, tenant, query, persistent).await {
                Err(error) if replica.failed(&error) => {}
                found => return found,
            }
        }
        let mut transaction = self.pool.begin_planning(tenant).await?;
        let found = list::execution_list(&mut transaction, tenant, query, persistent).await?;
        transaction.rollback().await.map_err(port_error)?;
        Ok(found)
    }

    async fn execution_counts(
        &self,
        tenant: &TenantId,
        query: &ExecutionQuery,
        freshness: &Freshness,
    ) -> Result<Vec<(Status, u64)>, PortError> {
        let persistent = self.pool.is_cached();
        if let Some(replica) = &self.replica
            && let Some(mut transaction) = replica.begin(&self.pool, tenant, freshness).await?
        {
            match counts::execution_counts(&mut transaction, tenant, query, persistent).await {
                Err(error) if replica.failed(&error) => {}
                counts => return counts,
            }
        }
        let mut transaction = self.pool.begin_planning(tenant).await?;
        let counts = counts::execution_counts(&mut transaction, tenant, query, persistent).await?;
        transaction.rollback().await.map_err(port_error)?;
        Ok(counts)
    }

    async fn history_read(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        first: u64,
        events: u32,
        reverse: bool,
    ) -> Result<Vec<Chunk>, PortError> {
        history::history_read(&self.pool, tenant, id, first, events, reverse).await
    }

    async fn tasks_waiting(&self, tenant: &TenantId, id: ExecutionId) -> Result<Vec<Task>, PortError> {
        waiting::tasks_waiting(&self.pool, tenant, id).await
    }

    async fn signals_waiting(&self, tenant: &TenantId, id: ExecutionId) -> Result<Vec<Kept>, PortError> {
        waiting::signals_waiting(&self.pool, tenant, id).await
    }

    async fn map_run_get(&self, tenant: &TenantId, arn: &str) -> Result<Option<MapRunView>, PortError> {
        map_run_read::map_run_get(&self.pool, tenant, arn).await
    }

    async fn map_run_list(
        &self,
        tenant: &TenantId,
        execution: ExecutionId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<MapRunView>, PortError> {
        map_run_read::map_run_list(&self.pool, tenant, execution, after, limit).await
    }

    async fn write_position(&self) -> Result<String, PortError> {
        replica::write_position(&self.pool).await
    }
}

#[async_trait]
impl DueWork for Relay {
    async fn due_claim(&self, limit: u32, hold_ms: u64) -> Result<Due, PortError> {
        due::due_claim(self.pool(), limit, hold_ms).await
    }
}
