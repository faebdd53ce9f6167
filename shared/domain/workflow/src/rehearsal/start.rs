//! What is rehearsed, and what came of it.

use crate::history::Record;
use crate::machine::Ended;
use crate::mocks::MockCase;
use chrono::{DateTime, Utc};
use serde_json::Value;

/// What is rehearsed.
#[derive(Debug, Clone)]
pub struct Start {
    /// The state machine's ARN, `arn:...:stateMachine:NAME`.
    pub machine_arn: String,
    /// The execution's name.
    pub name: String,
    /// The role.
    pub role_arn: String,
    /// The input.
    pub input: Value,
    /// Whether it is an Express execution.
    pub express: bool,
    /// When it starts. Time then moves by itself: a wait costs nothing.
    pub now: DateTime<Utc>,
    /// Makes chance the same every time.
    pub seed: u64,
    /// Writes and reads frames between wakes, as a store does: nothing but what is stored may matter.
    pub stored: bool,
    /// Aborts the execution when this many seconds have passed.
    pub abort_after_seconds: Option<i64>,
    /// What tasks are told that the caller is not asked for.
    pub mocked: Option<MockCase>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Report {
    /// The history.
    pub history: Vec<Record>,
    /// How it ended; none when a task was never answered, or after too many steps.
    pub ended: Option<Ended>,
    /// The histories of the child executions of distributed `Map` states, in the order of their start.
    pub children: Vec<Vec<Record>>,
    /// How much time has passed by the rehearsal's own clock.
    pub now: DateTime<Utc>,
}
