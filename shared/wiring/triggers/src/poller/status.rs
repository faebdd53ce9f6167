//! What a poller did so far.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// The last thing that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastError {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub error: String,
}

/// A snapshot: counters since the start of the process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PollerStatus {
    /// Whether it runs.
    pub running: bool,
    /// Deliveries received.
    pub received: u64,
    /// Messages that the function took.
    pub succeeded: u64,
    /// Messages that failed and wait for another delivery.
    pub retried: u64,
    /// Messages given back because the function could not be invoked: not counted against them.
    pub returned: u64,
    /// Messages that went to the dead letters.
    pub buried: u64,
    /// Invocations, the failed ones included.
    pub invocations: u64,
    /// Invocations that failed as a whole.
    pub invocations_failed: u64,
    /// Invocations under way.
    pub in_flight: u64,
    /// Times that the queue did not answer.
    pub queue_errors: u64,
    /// The last thing that went wrong.
    pub last_error: Option<LastError>,
    /// When the last invocation ended.
    pub last_invocation_at: Option<DateTime<Utc>>,
}
