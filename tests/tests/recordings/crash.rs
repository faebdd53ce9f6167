//! A store whose caller dies at a point that was chosen before.

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
use std::collections::BTreeSet;
use tokio::sync::Notify;

/// When the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crash {
    /// At which write, counted from 1.
    pub(crate) at: u64,
    /// Whether the write is still done, and only its answer lost.
    pub(crate) after: bool,
}

/// The store of the executions of one run.
pub(crate) struct Crashing {
    inner: Postgres,
    state: Mutex<State>,
    died: Notify,
}

#[derive(Default)]
struct State {
    writes: u64,
    crash: Option<Crash>,
    /// Every execution that was written.
    seen: BTreeSet<ExecutionId>,
}

impl Crashing {
    pub(crate) fn new(inner: Postgres) -> Self {
        Self { inner, state: Mutex::default(), died: Notify::new() }
    }

    /// From now on it is about another run.
    pub(crate) fn begin(&self, crash: Option<Crash>) {
        *self.state.lock() = State { crash, ..State::default() };
    }

    /// How many writes there were.
    pub(crate) fn writes(&self) -> u64 {
        self.state.lock().writes
    }

    /// The executions that were written.
    pub(crate) fn seen(&self) -> Vec<ExecutionId> {
        self.state.lock().seen.iter().copied().collect()
    }

    /// Waits until the process dies.
    pub(crate) async fn died(&self) {
        self.died.notified().await;
    }

    /// A write, and what may happen around it.
    async fn write<T>(&self, work: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
        let crash = {
            let mut state = self.state.lock();
            state.writes += 1;
            let now = state.writes;
            // Once.
            state.crash.take_if(|crash| crash.at == now)
        };
        match crash {
            None => work.await,
            Some(crash) => {
                if crash.after {
                    let _ = work.await;
                }
                self.died.notify_one();
                // Nothing of this process goes on.
                std::future::pending().await
            }
        }
    }
}

#[async_trait]
impl ExecutionStore for Crashing {
    async fn execution_commit(
        &self,
        tenant: &TenantId,
        change: &Change,
        worker: Option<(&str, DateTime<Utc>)>,
    ) -> Result<Committed, PortError> {
        let ids = std::iter::once(change.id).chain(change.children.iter().map(|child| child.id));
        self.state.lock().seen.extend(ids);
        self.write(self.inner.execution_commit(tenant, change, worker)).await
    }

    async fn execution_load(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        now: DateTime<Utc>,
    ) -> Result<Option<Loaded>, PortError> {
        self.inner.execution_load(tenant, id, now).await
    }

    async fn signals_post(&self, tenant: &TenantId, posted: &[Posted]) -> Result<(), PortError> {
        self.write(self.inner.signals_post(tenant, posted)).await
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
        self.write(self.inner.tasks_claim(tenant, id, worker, now, until, limit)).await
    }

    async fn tasks_renew(
        &self,
        tenant: &TenantId,
        worker: &str,
        tasks: &[HeldTask],
        until: DateTime<Utc>,
    ) -> Result<Vec<HeldTask>, PortError> {
        self.write(self.inner.tasks_renew(tenant, worker, tasks, until)).await
    }

    async fn tasks_release(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        worker: &str,
        tasks: &[(u64, u64)],
    ) -> Result<(), PortError> {
        self.write(self.inner.tasks_release(tenant, id, worker, tasks)).await
    }

    async fn token_answer(
        &self,
        tenant: &TenantId,
        token: &str,
        event: &Event,
        now: DateTime<Utc>,
    ) -> Result<Answered, PortError> {
        self.write(self.inner.token_answer(tenant, token, event, now)).await
    }

    async fn token_heartbeat(&self, tenant: &TenantId, token: &str, now: DateTime<Utc>) -> Result<Answered, PortError> {
        self.write(self.inner.token_heartbeat(tenant, token, now)).await
    }

    async fn activity_claim(
        &self,
        tenant: &TenantId,
        activity_arn: &str,
        worker: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Option<ActivityTask>, PortError> {
        self.write(self.inner.activity_claim(tenant, activity_arn, worker, now)).await
    }

    async fn execution_bury(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        error: &str,
        at: DateTime<Utc>,
    ) -> Result<(), PortError> {
        self.write(self.inner.execution_bury(tenant, id, error, at)).await
    }

    async fn dead_executions(&self, tenant: &TenantId, limit: u32) -> Result<Vec<DeadExecution>, PortError> {
        self.inner.dead_executions(tenant, limit).await
    }

    async fn execution_revive(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        now: DateTime<Utc>,
    ) -> Result<bool, PortError> {
        self.write(self.inner.execution_revive(tenant, id, now)).await
    }

    async fn map_run_update(&self, tenant: &TenantId, update: &MapRunUpdate) -> Result<bool, PortError> {
        self.write(self.inner.map_run_update(tenant, update)).await
    }
}
