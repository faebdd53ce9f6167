//! What the function needs from outside.

use crate::{AllowedFunctions, AllowedHosts, Awake};
use chrono::{DateTime, SubsecRound, Utc};
use octavo_domain_approvals::ApprovalStore;
use octavo_domain_documents::DocumentStore;
use octavo_domain_kernel::{BlobStore, Clock, Ids, Queue, QueueName, Sealer};
use octavo_domain_workflow::catalogue::Connections;
use octavo_domain_workflow::engine::outside::{FunctionCaller, HttpCaller};
use octavo_domain_workflow::engine::ports::{ExecutionReads, ExecutionStore, Machines};
use octavo_domain_workflow::engine::{Definitions, Keeper, StepObserver};
use std::sync::Arc;
use std::time::Duration;

/// How long one invocation works at most: what the platform gives a function (15 minutes), less what it takes to put things
/// back in order.
pub const WORK_TIME: Duration = Duration::from_secs(14 * 60 + 30);

/// The ports of the function, and what its process keeps.
pub struct Deps {
    /// Where executions stand.
    pub executions: Arc<dyn ExecutionStore>,
    /// Executions as they are looked at: those that have a name already, and the children of a map run.
    pub reads: Arc<dyn ExecutionReads>,
    /// State machines, for executions that start executions.
    pub machines: Arc<dyn Machines>,
    /// Definitions, read.
    pub definitions: Definitions,
    /// Invokes functions.
    pub functions: Arc<dyn FunctionCaller>,
    /// Which functions a workflow may invoke.
    pub allowed: AllowedFunctions,
    /// Calls HTTP endpoints.
    pub http: Arc<dyn HttpCaller>,
    /// Which of them a workflow may call.
    pub hosts: AllowedHosts,
    /// What HTTP tasks prove themselves with.
    pub connections: Arc<dyn Connections>,
    /// Opens it.
    pub sealer: Arc<dyn Sealer>,
    /// What people are asked.
    pub approvals: Arc<dyn ApprovalStore>,
    /// What they are asked about; and the outbox.
    pub documents: Arc<dyn DocumentStore>,
    /// Where long histories and files are.
    pub blobs: Arc<dyn BlobStore>,
    /// The doorbell.
    pub queue: Arc<dyn Queue>,
    /// The queue of the realtime nodes; none where nobody watches.
    pub watchers: Option<QueueName>,
    /// Is told what came of every batch.
    pub observer: Arc<dyn StepObserver>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New identifiers.
    pub ids: Arc<dyn Ids>,
    /// This process's name as a holder of leases: no other process, also no later one, has it.
    pub worker: String,
    /// How long one invocation works, [`WORK_TIME`] or less.
    pub time: Duration,
    /// The executions that this process advances right now.
    pub awake: Awake,
}

impl Deps {
    /// The present, as precise as it is stored: microseconds.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
    }

    pub(crate) fn keeper(&self) -> Keeper<'_> {
        Keeper {
            store: &*self.executions,
            blobs: &*self.blobs,
            queue: &*self.queue,
            ids: &*self.ids,
            watchers: self.watchers.as_ref(),
        }
    }
}
