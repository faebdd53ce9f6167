//! What a task may know of its execution.

use octavo_domain_kernel::UserId;
use octavo_domain_workflow::engine::{ExecutionId, Loaded};
use std::sync::Arc;

/// The execution as its tasks see it: nothing of this changes while it runs.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) id: ExecutionId,
    pub(crate) arn: Arc<str>,
    pub(crate) started_by: UserId,
}

impl Facts {
    pub(crate) fn of(loaded: &Loaded) -> Self {
        Self { id: loaded.id, arn: loaded.execution.arn.as_str().into(), started_by: loaded.started_by.clone() }
    }
}
