//! What whoever watches an execution is told after a commit.

use super::change::{Change, Chunk, ChunkBody};
use super::execution::Status;
use crate::history::Entry;
use crate::machine::Phase;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Message, TenantId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// The kind of the message to the realtime nodes.
pub const EXECUTION_CHANGED: &str = "execution.changed";

/// States that one message names at most: whoever watches reads the history where there are more.
const STATES_MAX: usize = 200;

/// The message's body. It says what moved, not what with: inputs and outputs are read from the history by whoever may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The execution's ARN.
    pub arn: String,
    /// Where it stands now.
    pub status: Status,
    /// Who started it, and is told.
    pub started_by: UserId,
    /// How many events its history has now.
    pub events: u64,
    /// What happened to which states, oldest first.
    pub states: Vec<Moved>,
    /// Whether more happened than is named.
    pub more: bool,
}

/// What happened to a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Its name.
    pub state: String,
    /// What.
    pub to: Moving,
}

/// The ways in which states move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moving {
    /// It was entered, and runs.
    Entered,
    /// It was left, in order or by a `Catch`.
    Left,
    /// It failed and is tried again later.
    Retrying,
    /// It failed, and the execution or its branch with it.
    Failed,
}

impl Progress {
    /// What `change` moved. Read before its history is put away: of events that lie in object storage nothing is named.
    pub fn of(change: &Change, started_by: &UserId) -> Self {
        let mut states = Vec::new();
        let mut more = false;
        if let Some(Chunk { body, .. }) = &change.history {
            match body {
                ChunkBody::Inline(bytes) => states = moved(bytes),
                ChunkBody::Blob(_) => more = true,
            }
        }
        let failed = change.status != Status::Running && change.status != Status::Succeeded;
        for frame in &change.frames {
            let to = match frame.phase {
                Phase::Backoff => Moving::Retrying,
                Phase::Ended if failed => Moving::Failed,
                _ => continue,
            };
            states.push(Moved { state: frame.state.clone(), to });
        }
        if states.len() > STATES_MAX {
            // The newest say where it stands.
            states.drain(..states.len() - STATES_MAX);
            more = true;
        }
        Self {
            arn: change.execution.arn.clone(),
            status: change.status,
            started_by: started_by.clone(),
            events: change.execution.events,
            states,
            more,
        }
    }

    /// The message for the realtime nodes.
    pub fn message(&self, id: Uuid, tenant: &TenantId, at: DateTime<Utc>) -> Message {
        Message {
            id,
            tenant: tenant.clone(),
            kind: EXECUTION_CHANGED.to_owned(),
            key: self.arn.clone(),
            at,
            traceparent: None,
            body: json!(self),
        }
    }
}

fn moved(bytes: &[u8]) -> Vec<Moved> {
    let records = Chunk::records(bytes).unwrap_or_default();
    let moved = records.into_iter().filter_map(|record| match record.entry {
        Entry::StateEntered { name, .. } => Some(Moved { state: name, to: Moving::Entered }),
        Entry::StateExited { name, .. } => Some(Moved { state: name, to: Moving::Left }),
        _ => None,
    });
    moved.collect()
}
