//! What the executions of one invocation share: its places for tasks, and what is counted.

use octavo_domain_workflow::engine::StepTally;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Tasks that one invocation does at the same time; what is over is rung for others.
const TASKS_AT_ONCE_MAX: usize = 64;

/// One invocation.
pub(crate) struct Invocation {
    places: Arc<Semaphore>,
    pub(crate) counts: Counts,
}

/// Counted while it runs.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) executions: Count,
    pub(crate) wakes: Count,
    pub(crate) overtaken: Count,
    pub(crate) tasks: Count,
    pub(crate) tasks_failed: Count,
    pub(crate) leases_lost: Count,
    pub(crate) buried: Count,
    pub(crate) failed: Count,
}

/// A number that only grows.
#[derive(Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, by: usize) {
        self.0.fetch_add(by as u64, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Invocation {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(TASKS_AT_ONCE_MAX)), counts: Counts::default() }
    }
}

impl Invocation {
    /// A place for a task, until it is dropped; none if all are taken.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    /// Places that are free.
    pub(crate) fn free(&self) -> usize {
        self.places.available_permits()
    }

    pub(crate) fn tally(&self) -> StepTally {
        let counts = &self.counts;
        StepTally {
            executions: counts.executions.get(),
            wakes: counts.wakes.get(),
            overtaken: counts.overtaken.get(),
            tasks: counts.tasks.get(),
            tasks_failed: counts.tasks_failed.get(),
            leases_lost: counts.leases_lost.get(),
            buried: counts.buried.get(),
            failed: counts.failed.get(),
        }
    }
}
