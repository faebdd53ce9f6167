//! What a wake decides, as rows.

use super::execution::{ExecutionId, NewExecution, Status};
use crate::history::Record;
use crate::machine::{Execution, Frame, Order, Signal};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::ContentHash;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// All that one wake changes: made true together, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Which execution.
    pub id: ExecutionId,
    /// On which condition.
    pub expected: Expected,
    /// When.
    pub at: DateTime<Utc>,
    /// What the frames share from now on.
    pub execution: Execution,
    /// Where the execution stands from now on.
    pub status: Status,
    /// How it ended, in the wake in which it ended. With it all tasks and kept signals of the execution are over, and, where
    /// it succeeded or is an Express one, all of its frames. Where it did not succeed its frames stay as they are in this
    /// change: they are what a redrive begins with, for [`REDRIVE_DAYS_MAX`](super::REDRIVE_DAYS_MAX) days.
    pub finished: Option<Finished>,
    /// Whether it began again in this wake after it had ended: from `at` on it is redriven, and how and when it had ended is
    /// no longer true unless `finished` says so anew. `execution.redrive_count` counts it.
    pub redriven: bool,
    /// The search attributes, where they changed.
    pub attributes: Option<Map<String, Value>>,
    /// The events of this wake, if there are any.
    pub history: Option<Chunk>,
    /// Frames that are new or have changed.
    pub frames: Vec<Frame>,
    /// Frames that are over, with their tasks and kept signals.
    pub frames_gone: Vec<u64>,
    /// Frames that began a new turn: tasks and kept signals of earlier turns are over.
    pub turns: Vec<(u64, u64)>,
    /// New tasks.
    pub tasks: Vec<Task>,
    /// Tasks (frame, turn) that were accepted outside: they wait for their token or for a child's end, and nobody takes them.
    pub tasks_accepted: Vec<(u64, u64)>,
    /// Signals to keep for this execution.
    pub kept: Vec<Kept>,
    /// Kept signals that were taken.
    pub taken: Vec<Uuid>,
    /// What other executions are told. One that has ended is not told, except to begin again
    /// ([`Event::Redrive`](crate::machine::Event::Redrive)).
    pub posted: Vec<Posted>,
    /// Executions that begin by this one's doing. Each is kept with a `Go` that is due at once.
    pub children: Vec<NewExecution>,
    /// Frames whose child executions, if there are any that run, are stopped: also those that begin by this change.
    pub children_stopped: Vec<u64>,
    /// Map runs that began.
    pub runs: Vec<MapRunStart>,
    /// Map runs that began again, by ARN: they run, from `at` on, redriven once more. Before `runs_ended`.
    pub runs_redriven: Vec<String>,
    /// Map runs that ended.
    pub runs_ended: Vec<MapRunEnd>,
    /// Whether there is more to do at once: the wake was cut because it is bounded.
    pub goes_on: bool,
}

impl Change {
    /// The executions that have something to do once this is committed: a doorbell is rung for each. `keeps` says that the
    /// one who commits does this execution's new tasks itself.
    pub fn rings(&self, keeps: bool) -> Vec<ExecutionId> {
        let does = self.tasks.iter().any(|task| task.activity_arn().is_none());
        let own = (self.goes_on || (does && !keeps)).then_some(self.id);
        let mut rings: Vec<ExecutionId> = self.children.iter().map(|child| child.id).collect();
        rings.extend(self.posted.iter().map(|posted| posted.to));
        rings.extend(own);
        rings.sort_unstable();
        rings.dedup();
        rings
    }
}

/// The condition of a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// There is no such execution, and no running one of its name.
    New(Box<NewExecution>),
    /// It was committed so often.
    Seq(i64),
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// Its output, if it succeeded.
    pub output: Option<Value>,
    /// Its error.
    pub error: Option<String>,
    /// The error's cause.
    pub cause: Option<String>,
}

/// Events that were written together, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The id of the first.
    pub first: u64,
    /// How many.
    pub count: u32,
    /// They themselves.
    pub body: ChunkBody,
}

/// Where the events of a chunk lie: a JSON array of [`Record`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChunkBody {
    /// With the row.
    Inline(Vec<u8>),
    /// In object storage, under [`BlobKey::workflow_history`](octavo_domain_kernel::BlobKey::workflow_history).
    Blob(ContentHash),
}

impl Chunk {
    /// A chunk of `records`; none for none.
    pub fn of(records: &[Record]) -> Result<Option<Self>, serde_json::Error> {
        let Some(first) = records.first() else { return Ok(None) };
        let body = ChunkBody::Inline(serde_json::to_vec(records)?);
        Ok(Some(Self { first: first.id, count: u32::try_from(records.len()).unwrap_or(u32::MAX), body }))
    }

    /// The events of an inline body, or of a body that was fetched.
    pub fn records(bytes: &[u8]) -> Result<Vec<Record>, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

/// A signal that is kept until it is due: a timer, a deadline, an answer, a decision. Never lost: only the commit that took
/// it deletes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// New.
    pub id: Uuid,
    /// When it is due.
    pub at: DateTime<Utc>,
    /// What is told then.
    pub signal: Signal,
}

/// A signal to another execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Posted {
    /// Which.
    pub to: ExecutionId,
    /// With the moment.
    pub kept: Kept,
}

/// Something to be done outside, known by its frame and the frame's turn. Its idempotency key, the same for however often it
/// is tried, is [`Task::idempotency_key`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The frame that waits for it.
    pub frame: u64,
    /// The frame's turn.
    pub turn: u64,
    /// The state's name.
    pub state: String,
    /// What is to be done.
    pub work: Work,
}

impl Task {
    /// `EXECUTION:FRAME:TURN`.
    pub fn idempotency_key(&self, execution: ExecutionId) -> String {
        format!("{execution}:{}:{}", self.frame, self.turn)
    }

    /// The activity whose workers may take it; none where a step does it.
    pub fn activity_arn(&self) -> Option<&str> {
        match &self.work {
            Work::Do(order) if order.resource.split(':').nth(5) == Some("activity") => Some(&order.resource),
            _ => None,
        }
    }
}

/// What a task is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// A `Task` state's resource is called.
    Do(Order),
    /// The items of a distributed `Map` are read, with this filled `ItemReader`.
    Read { reader: Value },
    /// The results of a distributed `Map` are written, with this filled `ResultWriter`.
    Write { map_run_arn: String, writer: Value, results: Value },
}

/// A map run begins.
#[derive(Debug, Clone, PartialEq)]
pub struct MapRunStart {
    /// Its ARN.
    pub arn: String,
    /// The frame of the `Map`.
    pub frame: u64,
    /// How many children run at once at most.
    pub max_concurrency: u32,
    /// `ToleratedFailureCount`.
    pub tolerated_count: Option<u64>,
    /// `ToleratedFailurePercentage`.
    pub tolerated_percentage: Option<f64>,
}

/// A map run ends.
#[derive(Debug, Clone, PartialEq)]
pub struct MapRunEnd {
    /// Its ARN.
    pub arn: String,
    /// `Succeeded`, `Failed` or `Aborted`.
    pub status: Status,
}
