//! What the engine needs of a store.

use super::change::{Change, Chunk, Kept, Posted, Task};
use super::execution::{ExecutionId, Loaded, NewExecution, RevisionId, Status};
use crate::machine::Event;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId, UserId};
use serde_json::{Map, Value};

/// How many kept signals one wake takes.
pub const SIGNALS_PER_WAKE_MAX: usize = 1_000;

/// What became of a [`Change`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// It is true now, and durable.
    Done,
    /// Somebody else committed in between, or the execution is gone: load it again.
    Stale,
    /// A new execution's name is taken: by this execution of the same state machine.
    NameTaken(ExecutionId),
}

/// A task that a worker holds: of which execution, its frame and the frame's turn.
pub type HeldTask = (ExecutionId, u64, u64);

/// A task that this worker may do.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// What.
    pub task: Task,
    /// How often it was claimed, this time included: more than once if a worker died or lost its lease.
    pub claims: u32,
}

/// What became of an answer by token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// It is kept for this execution, durably: ring.
    Taken(ExecutionId),
    /// There is no such task any more.
    Gone,
}

/// A task that a worker of an activity got.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityTask {
    /// The execution that waits: ring, so that its history tells of the start.
    pub execution: ExecutionId,
    /// What.
    pub task: Task,
}

/// Running executions. Every call is of one tenant and sees nothing of another.
#[async_trait]
pub trait ExecutionStore: Send + Sync {
    /// Makes a change true in one transaction; also how an execution begins ([`Expected::New`](super::Expected::New)).
    /// New tasks of a step are leased to `worker` until that moment, if one is given, as if it had claimed them.
    async fn execution_commit(
        &self,
        tenant: &TenantId,
        change: &Change,
        worker: Option<(&str, DateTime<Utc>)>,
    ) -> Result<Committed, PortError>;
    /// An execution with what is due at `now`; none if there is none. One that has ended is loaded too, without frames
    /// unless they are kept for a redrive.
    async fn execution_load(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        now: DateTime<Utc>,
    ) -> Result<Option<Loaded>, PortError>;
    /// Keeps signals for executions, durably. One for an execution that has ended or is not there is dropped.
    async fn signals_post(&self, tenant: &TenantId, posted: &[Posted]) -> Result<(), PortError>;
    /// Leases up to `limit` tasks of an execution that a step does and nobody holds (no activity's, none accepted outside).
    async fn tasks_claim(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        worker: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Claimed>, PortError>;
    /// Prolongs leases on tasks of any executions, in one statement for all that a worker does; answers those that are still
    /// this worker's.
    async fn tasks_renew(
        &self,
        tenant: &TenantId,
        worker: &str,
        tasks: &[HeldTask],
        until: DateTime<Utc>,
    ) -> Result<Vec<HeldTask>, PortError>;
    /// Gives tasks back at once that were claimed and not begun.
    async fn tasks_release(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        worker: &str,
        tasks: &[(u64, u64)],
    ) -> Result<(), PortError>;
    /// Answers a task by its token: keeps `event` for its frame, due at once, and takes the task away, in one transaction.
    async fn token_answer(
        &self,
        tenant: &TenantId,
        token: &str,
        event: &Event,
        now: DateTime<Utc>,
    ) -> Result<Answered, PortError>;
    /// A sign of life: the heartbeat's deadline begins anew.
    async fn token_heartbeat(&self, tenant: &TenantId, token: &str, now: DateTime<Utc>) -> Result<Answered, PortError>;
    /// The oldest task that waits for a worker of this activity: it is the worker's from now on, its start is kept as a
    /// signal, and its heartbeat begins.
    async fn activity_claim(
        &self,
        tenant: &TenantId,
        activity_arn: &str,
        worker: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Option<ActivityTask>, PortError>;
    /// Puts an execution that cannot be advanced on the list of the dead, with the reason: nobody rings for it any more.
    async fn execution_bury(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        error: &str,
        at: DateTime<Utc>,
    ) -> Result<(), PortError>;
    /// The dead of a tenant, newest first.
    async fn dead_executions(&self, tenant: &TenantId, limit: u32) -> Result<Vec<DeadExecution>, PortError>;
    /// Off the list, to be tried again: ring. False if it was not there.
    async fn execution_revive(&self, tenant: &TenantId, id: ExecutionId, now: DateTime<Utc>)
    -> Result<bool, PortError>;
    /// Sets limits of a map run that runs; false if there is none that runs.
    async fn map_run_update(&self, tenant: &TenantId, update: &MapRunUpdate) -> Result<bool, PortError>;
}

/// An execution that could not be advanced.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadExecution {
    /// Which.
    pub id: ExecutionId,
    /// Its ARN.
    pub arn: String,
    /// Why.
    pub error: String,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// New limits of a map run; what is none stays.
#[derive(Debug, Clone, PartialEq)]
pub struct MapRunUpdate {
    /// Which.
    pub arn: String,
    /// How many children run at once at most.
    pub max_concurrency: Option<u32>,
    /// `toleratedFailureCount`.
    pub tolerated_count: Option<u64>,
    /// `toleratedFailurePercentage`.
    pub tolerated_percentage: Option<f64>,
}

/// A state machine as an execution is started with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// `arn:...:stateMachine:NAME`, without version or alias.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The definition.
    pub revision: RevisionId,
    /// Whether it is an Express one.
    pub express: bool,
    /// Its role.
    pub role_arn: String,
    /// The version that was asked for, or that the alias chose.
    pub version_arn: Option<String>,
    /// The alias that was asked for.
    pub alias_arn: Option<String>,
    /// `loggingConfiguration` and the like, as they were set: for `Describe...ForExecution`.
    pub configuration: Value,
}

/// The text of a definition, with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Amazon States Language, as it was given.
    pub definition: String,
    /// Whether it is an Express one.
    pub express: bool,
    /// Whether it is the one that its state machine was created with: the API shows no id of it.
    pub initial: bool,
    /// `loggingConfiguration` and the like, as they were set with it.
    pub configuration: Value,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// State machines, as executions need them.
#[async_trait]
pub trait Machines: Send + Sync {
    /// The state machine that an ARN names: `...:NAME`, `...:NAME:VERSION` or `...:NAME:ALIAS`; `chance` (even over all of
    /// `u64`) chooses among an alias's weights. None if there is none, or if it is being deleted.
    async fn machine_resolve(&self, tenant: &TenantId, arn: &str, chance: u64) -> Result<Option<Resolved>, PortError>;
    /// A definition. It never changes, so that a process may keep it.
    async fn revision_get(&self, tenant: &TenantId, revision: RevisionId) -> Result<Option<Revision>, PortError>;
}

/// How fresh a read must be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Freshness {
    /// As the last commit left it.
    #[default]
    Latest,
    /// Up to a second old; and not older than the write with this position, if one is given.
    Recent { after: Option<String> },
}

/// All that is known of an execution, without its frames.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionView {
    /// Which.
    pub id: ExecutionId,
    /// As it was started: `frame` is not part of it.
    pub started: StartedWith,
    /// Where it stands.
    pub status: Status,
    /// How many events it has.
    pub events: u64,
    /// How often it was redriven.
    pub redrive_count: u32,
    /// When last.
    pub redriven_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub stopped_at: Option<DateTime<Utc>>,
    /// Its output, if it succeeded.
    pub output: Option<Value>,
    /// Its error.
    pub error: Option<String>,
    /// The error's cause.
    pub cause: Option<String>,
    /// Its search attributes.
    pub attributes: Map<String, Value>,
}

/// What stays of a [`NewExecution`].
#[derive(Debug, Clone, PartialEq)]
pub struct StartedWith {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its state machine.
    pub machine_arn: String,
    /// Its role.
    pub role_arn: String,
    /// Its input.
    pub input: Value,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: UserId,
    /// Whether it is an Express one.
    pub express: bool,
    /// The definition that it runs.
    pub revision: RevisionId,
    /// The version that it was started by.
    pub version_arn: Option<String>,
    /// The alias that it was started by.
    pub alias_arn: Option<String>,
    /// `traceHeader`.
    pub trace_header: Option<String>,
    /// The map run that it is a child of.
    pub map_run_arn: Option<String>,
}

impl From<&NewExecution> for StartedWith {
    fn from(new: &NewExecution) -> Self {
        let execution = &new.execution;
        Self {
            arn: execution.arn.clone(),
            name: execution.name.clone(),
            machine_arn: execution.machine_arn.clone(),
            role_arn: execution.role_arn.clone(),
            input: execution.input.clone(),
            at: execution.started_at,
            by: new.started_by.clone(),
            express: execution.express,
            revision: new.revision,
            version_arn: new.version_arn.clone(),
            alias_arn: new.alias_arn.clone(),
            trace_header: new.trace_header.clone(),
            map_run_arn: new.map_run_arn.clone(),
        }
    }
}

/// Which executions are looked for; all conditions hold together. Without any: all that are no children of map runs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExecutionQuery {
    /// Of this state machine, version or alias.
    pub machine_arn: Option<String>,
    /// Children of this map run.
    pub map_run_arn: Option<String>,
    /// With one of these; empty is any.
    pub statuses: Vec<Status>,
    /// Whose name begins so.
    pub name_prefix: Option<String>,
    /// Started then or later.
    pub from: Option<DateTime<Utc>>,
    /// Started before.
    pub to: Option<DateTime<Utc>>,
    /// Search attributes that are equal to these.
    pub attributes: Map<String, Value>,
    /// Started by this user.
    pub started_by: Option<UserId>,
    /// Redriven (true) or never redriven (false).
    pub redriven: Option<bool>,
    /// Before this one, in the order of the answer.
    pub after: Option<ExecutionId>,
    /// How many at most, 1 to 1,000.
    pub limit: u32,
}

/// What a list shows of an execution.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionSummary {
    /// Which.
    pub id: ExecutionId,
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its state machine.
    pub machine_arn: String,
    /// The version that it was started by.
    pub version_arn: Option<String>,
    /// The alias that it was started by.
    pub alias_arn: Option<String>,
    /// The map run that it is a child of.
    pub map_run_arn: Option<String>,
    /// How many items it got: of a batch, or 1.
    pub item_count: Option<u64>,
    /// Where it stands.
    pub status: Status,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub stopped_at: Option<DateTime<Utc>>,
    /// How often it was redriven.
    pub redrive_count: u32,
    /// When last.
    pub redriven_at: Option<DateTime<Utc>>,
    /// By whom.
    pub started_by: UserId,
    /// Its search attributes.
    pub attributes: Map<String, Value>,
}

/// A map run as `DescribeMapRun` shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct MapRunView {
    /// Its ARN.
    pub arn: String,
    /// The execution that it is of.
    pub execution: ExecutionId,
    /// That execution's ARN.
    pub execution_arn: String,
    /// That execution's state machine.
    pub machine_arn: String,
    /// Where it stands.
    pub status: Status,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub stopped_at: Option<DateTime<Utc>>,
    /// How many children run at once at most.
    pub max_concurrency: u32,
    /// `toleratedFailureCount`.
    pub tolerated_count: Option<u64>,
    /// `toleratedFailurePercentage`.
    pub tolerated_percentage: Option<f64>,
    /// Children by status.
    pub executions: Vec<(Status, u64)>,
    /// Items by their child's status.
    pub items: Vec<(Status, u64)>,
    /// How often it was redriven.
    pub redrive_count: u32,
    /// When last.
    pub redriven_at: Option<DateTime<Utc>>,
}

/// Executions as people and clients look at them.
#[async_trait]
pub trait ExecutionReads: Send + Sync {
    /// The execution of an ARN; of a name that was used again, the newest.
    async fn execution_find(&self, tenant: &TenantId, arn: &str) -> Result<Option<ExecutionId>, PortError>;
    /// One.
    async fn execution_get(&self, tenant: &TenantId, id: ExecutionId) -> Result<Option<ExecutionView>, PortError>;
    /// Some, newest first.
    async fn execution_list(
        &self,
        tenant: &TenantId,
        query: &ExecutionQuery,
        freshness: &Freshness,
    ) -> Result<Vec<ExecutionSummary>, PortError>;
    /// How many there are by status, for a dashboard; counted to at most `limit` each.
    async fn execution_counts(
        &self,
        tenant: &TenantId,
        query: &ExecutionQuery,
        freshness: &Freshness,
    ) -> Result<Vec<(Status, u64)>, PortError>;
    /// The chunks that hold events from `first` on (or, in reverse, from `first` back), until `events` of them are together.
    async fn history_read(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        first: u64,
        events: u32,
        reverse: bool,
    ) -> Result<Vec<Chunk>, PortError>;
    /// What an execution waits for: its tasks that are not done, with the moment of their deadline if there is one.
    async fn tasks_waiting(&self, tenant: &TenantId, id: ExecutionId) -> Result<Vec<Task>, PortError>;
    /// What is kept for an execution and not due yet.
    async fn signals_waiting(&self, tenant: &TenantId, id: ExecutionId) -> Result<Vec<Kept>, PortError>;
    /// A map run.
    async fn map_run_get(&self, tenant: &TenantId, arn: &str) -> Result<Option<MapRunView>, PortError>;
    /// The map runs of an execution, newest first, after this ARN.
    async fn map_run_list(
        &self,
        tenant: &TenantId,
        execution: ExecutionId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<MapRunView>, PortError>;
    /// The position of the last write, for [`Freshness::Recent`] of later reads.
    async fn write_position(&self) -> Result<String, PortError>;
}
