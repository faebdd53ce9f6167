//! Executions as they are kept.

use super::change::{Finished, Kept};
use crate::machine::{Execution, Frame, MapRun};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::UserId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fmt;
use uuid::Uuid;

/// Names an execution within its tenant: a UUID version 7 of its start, so that the month that it is kept in is in its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExecutionId(pub Uuid);

impl ExecutionId {
    /// The child execution of a map run for the item with this index, or for the batch; `again` as
    /// [`MapChild::again`](crate::machine::MapChild::again). Known without having been kept: the time is the run's, the
    /// index follows it, and the rest comes from the run's ARN.
    pub fn of_child(run: &MapRun, index: u32, again: u32) -> Self {
        let digest = Sha256::new().chain_update(run.arn.as_bytes()).chain_update(again.to_be_bytes()).finalize();
        let millis = u64::try_from(run.began_at.timestamp_millis()).unwrap_or_default();
        let mut rest = [0_u8; 10];
        // 12 bits of the index before the variant's two, 20 behind them: ids sort as the items do.
        let (high, low) = (index >> 20, index & 0x000F_FFFF);
        let hashed = u64::from_be_bytes([0, 0, digest[0], digest[1], digest[2], digest[3], digest[4], digest[5]]);
        rest[..2].copy_from_slice(&u16::try_from(high).unwrap_or_default().to_be_bytes());
        let tail = (u64::from(low) << 42) | (hashed & ((1 << 42) - 1));
        rest[2..].copy_from_slice(&tail.to_be_bytes());
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid())
    }

    /// The index that [`ExecutionId::of_child`] was given.
    pub(super) fn child_index(self) -> u32 {
        let bytes = self.0.as_bytes();
        let high = u32::from(bytes[6] & 0x0F) << 8 | u32::from(bytes[7]);
        let tail =
            u64::from_be_bytes([bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]]);
        high << 20 | u32::try_from(tail << 2 >> 44).unwrap_or_default()
    }
}

impl fmt::Display for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names one text of a state machine's definition; an execution stays with the one that it was started with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RevisionId(pub Uuid);

/// Where an execution stands, as the API names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// It goes on, or waits.
    Running,
    /// It ended with an output.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// The definition's `TimeoutSeconds` passed.
    TimedOut,
    /// Somebody stopped it.
    Aborted,
    /// A child of a map run that waits to be run again.
    PendingRedrive,
}

impl Status {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
            Self::PendingRedrive => "PENDING_REDRIVE",
        }
    }

    /// Reads what [`Status::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Succeeded, Self::Failed, Self::TimedOut, Self::Aborted, Self::PendingRedrive]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// Who is told when an execution ends: it was started by another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Above {
    /// The execution that started this one.
    pub execution: ExecutionId,
    /// The frame there that waits.
    pub frame: u64,
    /// Its turn when it began to wait.
    pub turn: u64,
    /// What it is told.
    pub tells: Tells,
}

/// What the execution above is told at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tells {
    /// [`Event::ChildEnded`](crate::machine::Event::ChildEnded): it is an item of a distributed `Map`.
    Map,
    /// The end of a task `states:startExecution.sync`: the output is a text.
    Sync,
    /// The end of a task `states:startExecution.sync:2`: the output is JSON.
    SyncJson,
}

/// An execution that begins. All of it is kept as it is for as long as the execution is.
#[derive(Debug, Clone, PartialEq)]
pub struct NewExecution {
    /// New.
    pub id: ExecutionId,
    /// With its ARN, input and so on; `events` 0, `frames` 1.
    pub execution: Execution,
    /// The definition that it runs.
    pub revision: RevisionId,
    /// The version that it was started by, if it was.
    pub version_arn: Option<String>,
    /// The alias that it was started by, if it was.
    pub alias_arn: Option<String>,
    /// Who started it; with a child, who started the one above.
    pub started_by: UserId,
    /// The search attributes that the definition declares, as the input gives them.
    pub attributes: Map<String, Value>,
    /// `traceHeader` of the start.
    pub trace_header: Option<String>,
    /// Who is told of the end.
    pub above: Option<Above>,
    /// The map run that it is a child of.
    pub map_run_arn: Option<String>,
    /// Its first frame.
    pub frame: Frame,
}

/// An execution as a wake sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// Which.
    pub id: ExecutionId,
    /// How often it was committed: the fence. 0 while it is new.
    pub seq: i64,
    /// Where it stands.
    pub status: Status,
    /// What its frames share.
    pub execution: Execution,
    /// The definition that it runs.
    pub revision: RevisionId,
    /// Who started it.
    pub started_by: UserId,
    /// Who is told of the end.
    pub above: Option<Above>,
    /// Its search attributes.
    pub attributes: Map<String, Value>,
    /// Its frames; of one that ended without success those that a redrive begins with.
    pub frames: Vec<Frame>,
    /// What is due by now, oldest first, at most [`ports::SIGNALS_PER_WAKE_MAX`](super::ports::SIGNALS_PER_WAKE_MAX).
    pub due: Vec<Kept>,
    /// Whether tasks wait that nobody has taken.
    pub tasks_wait: bool,
    /// When it ended.
    pub stopped_at: Option<DateTime<Utc>>,
    /// How it ended.
    pub finished: Option<Finished>,
}
