//! What an operator wants to know of those who advance executions.

use chrono::{DateTime, Utc};
use std::time::Duration;

/// What one batch of bells came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StepTally {
    /// Executions that were advanced.
    pub executions: u64,
    /// Wakes that were committed.
    pub wakes: u64,
    /// Commits that others overtook.
    pub overtaken: u64,
    /// Tasks that were begun.
    pub tasks: u64,
    /// Of these, the ones that failed or could not be done.
    pub tasks_failed: u64,
    /// Leases that were lost while their tasks ran.
    pub leases_lost: u64,
    /// Executions that were put among the dead.
    pub buried: u64,
    /// Messages that come again.
    pub failed: u64,
}

/// Is told of every batch.
pub trait StepObserver: Send + Sync {
    /// At `at` a batch was done that took so long.
    fn batch(&self, at: DateTime<Utc>, took: Duration, tally: &StepTally);
}
