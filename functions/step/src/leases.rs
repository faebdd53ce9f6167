//! The leases of this process: prolonged together, a statement a tenant, however many tasks it does.

use crate::Deps;
use crate::wake::LEASE;
use octavo_domain_kernel::TenantId;
use octavo_domain_workflow::engine::ports::HeldTask;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// How often leases are looked after: two times may fail before one is lost.
pub(crate) const RENEWED_EVERY: Duration = Duration::from_secs(LEASE.num_seconds() as u64 / 3);

/// The leases that this process holds.
#[derive(Default)]
pub(crate) struct Leases(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// By tenant, each with whether it is lost.
    held: HashMap<TenantId, HashMap<HeldTask, Arc<AtomicBool>>>,
    renewed_at: Option<Instant>,
}

/// A lease, until it is dropped: it is not given back then, only not prolonged any more.
pub(crate) struct Lease<'a> {
    leases: &'a Leases,
    tenant: &'a TenantId,
    task: HeldTask,
    lost: Arc<AtomicBool>,
}

impl Leases {
    /// A lease that this process has got.
    pub(crate) fn hold<'a>(&'a self, tenant: &'a TenantId, task: HeldTask) -> Lease<'a> {
        let lost = Arc::new(AtomicBool::new(false));
        self.0.lock().held.entry(tenant.clone()).or_default().insert(task, lost.clone());
        Lease { leases: self, tenant, task, lost }
    }

    /// Prolongs all leases, unless somebody in this process has done so a moment ago. Answers how many turned out to be lost.
    /// Where it fails it is tried again the next time.
    pub(crate) async fn renew(&self, deps: &Deps) -> usize {
        let mut lost = 0;
        for (tenant, tasks) in self.to_renew() {
            let until = deps.now() + LEASE;
            match deps.executions.tasks_renew(&tenant, &deps.worker, &tasks, until).await {
                Ok(kept) => lost += self.lose(&tenant, tasks.iter().filter(|task| !kept.contains(task))),
                Err(error) => tracing::warn!(%error, leases = tasks.len(), "leases were not prolonged"),
            }
        }
        lost
    }

    fn to_renew(&self) -> Vec<(TenantId, Vec<HeldTask>)> {
        let mut inner = self.0.lock();
        if inner.renewed_at.is_some_and(|at| at.elapsed() < RENEWED_EVERY / 2) {
            return Vec::new();
        }
        inner.renewed_at = Some(Instant::now());
        let held = inner.held.iter().map(|(tenant, tasks)| {
            let tasks = tasks.iter().filter(|(_, lost)| !lost.load(Ordering::Relaxed)).map(|(task, _)| *task);
            (tenant.clone(), tasks.collect::<Vec<_>>())
        });
        held.filter(|(_, tasks)| !tasks.is_empty()).collect()
    }

    fn lose<'t>(&self, tenant: &TenantId, tasks: impl Iterator<Item = &'t HeldTask>) -> usize {
        let inner = self.0.lock();
        let Some(held) = inner.held.get(tenant) else { return 0 };
        let lost = tasks.filter_map(|task| held.get(task));
        lost.map(|lost| lost.store(true, Ordering::Relaxed)).count()
    }
}

impl Lease<'_> {
    /// Whether the task is over, or somebody else's.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut inner = self.leases.0.lock();
        let Some(held) = inner.held.get_mut(self.tenant) else { return };
        // Another lease on the same task, got later, is another one.
        if held.get(&self.task).is_some_and(|lost| Arc::ptr_eq(lost, &self.lost)) {
            held.remove(&self.task);
        }
        if held.is_empty() {
            inner.held.remove(self.tenant);
        }
    }
}
