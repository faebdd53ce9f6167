//! The real store, with commits that a test lets fail.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_adapters_postgres::Postgres;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::ports::{
    ActivityTask, Answered, Claimed, Committed, DeadExecution, ExecutionStore, HeldTask, MapRunUpdate,
};
use octavo_domain_workflow::engine::{Change, ExecutionId, Loaded, Posted};
use octavo_domain_workflow::machine::Event;
use parking_lot::Mutex;
use std::collections::VecDeque;

/// What happens to a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is made.
    Made,
    /// Somebody else was faster.
    Overtaken,
    /// The store is away, and nothing is made.
    Refused,
    /// It is made, and its answer is lost.
    AnswerLost,
    /// Nothing comes of it, and no answer: until whoever waits is killed.
    Hangs,
}

/// The next commits' fates; those that are not listed are made.
pub(crate) struct Fated {
    pub(crate) store: Postgres,
    pub(crate) fates: Mutex<VecDeque<Fate>>,
    /// Leases that are not prolonged.
    pub(crate) leases_lost: std::sync::atomic::AtomicBool,
    /// How often an execution was loaded.
    pub(crate) loads: std::sync::atomic::AtomicUsize,
    /// Tasks that were renewed, a call each.
    pub(crate) renewed: Mutex<Vec<Vec<HeldTask>>>,
}

impl Fated {
    pub(crate) fn next(&self, fates: impl IntoIterator<Item = Fate>) {
        self.fates.lock().extend(fates);
    }

    /// How many fates wait for their commits.
    pub(crate) fn waits(&self) -> usize {
        self.fates.lock().len()
    }
}

#[async_trait]
impl ExecutionStore for Fated {
    async fn execution_commit(
        &self,
        tenant: &TenantId,
        change: &Change,
        worker: Option<(&str, DateTime<Utc>)>,
    ) -> Result<Committed, PortError> {
        let fate = self.fates.lock().pop_front().unwrap_or(Fate::Made);
        match fate {
            Fate::Made => self.store.execution_commit(tenant, change, worker).await,
            Fate::Overtaken => Ok(Committed::Stale),
            Fate::Refused => Err(PortError::unavailable("told to be away")),
            Fate::Hangs => std::future::pending().await,
            Fate::AnswerLost => {
                self.store.execution_commit(tenant, change, worker).await?;
                Err(PortError::unavailable("told to lose the answer"))
            }
        }
    }

    async fn execution_load(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        now: DateTime<Utc>,
    ) -> Result<Option<Loaded>, PortError> {
        self.loads.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        self.store.execution_load(tenant, id, now).await
    }

    async fn signals_post(&self, tenant: &TenantId, posted: &[Posted]) -> Result<(), PortError> {
        self.store.signals_post(tenant, posted).await
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
        self.store.tasks_claim(tenant, id, worker, now, until, limit).await
    }

    async fn tasks_renew(
        &self,
        tenant: &TenantId,
        worker: &str,
        tasks: &[HeldTask],
        until: DateTime<Utc>,
    ) -> Result<Vec<HeldTask>, PortError> {
        self.renewed.lock().push(tasks.to_vec());
        if self.leases_lost.load(std::sync::atomic::Ordering::SeqCst) {
            return Ok(Vec::new());
        }
        self.store.tasks_renew(tenant, worker, tasks, until).await
    }

    async fn tasks_release(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        worker: &str,
        tasks: &[(u64, u64)],
    ) -> Result<(), PortError> {
        self.store.tasks_release(tenant, id, worker, tasks).await
    }

    async fn token_answer(
        &self,
        tenant: &TenantId,
        token: &str,
        event: &Event,
        now: DateTime<Utc>,
    ) -> Result<Answered, PortError> {
        self.store.token_answer(tenant, token, event, now).await
    }

    async fn token_heartbeat(&self, tenant: &TenantId, token: &str, now: DateTime<Utc>) -> Result<Answered, PortError> {
        self.store.token_heartbeat(tenant, token, now).await
    }

    async fn activity_claim(
        &self,
        tenant: &TenantId,
        activity_arn: &str,
        worker: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Option<ActivityTask>, PortError> {
        self.store.activity_claim(tenant, activity_arn, worker, now).await
    }

    async fn execution_bury(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        error: &str,
        at: DateTime<Utc>,
    ) -> Result<(), PortError> {
        self.store.execution_bury(tenant, id, error, at).await
    }

    async fn dead_executions(&self, tenant: &TenantId, limit: u32) -> Result<Vec<DeadExecution>, PortError> {
        self.store.dead_executions(tenant, limit).await
    }

    async fn execution_revive(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        now: DateTime<Utc>,
    ) -> Result<bool, PortError> {
        self.store.execution_revive(tenant, id, now).await
    }

    async fn map_run_update(&self, tenant: &TenantId, update: &MapRunUpdate) -> Result<bool, PortError> {
        self.store.map_run_update(tenant, update).await
    }
}
