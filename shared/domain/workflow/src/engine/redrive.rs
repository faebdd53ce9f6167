//! An execution that ended without success begins again from where it stood.

use super::change::Change;
use super::execution::{Loaded, Status, Tells};
use super::settle::{Settling, settle};
use crate::machine::{Event, Execution, FIRST_FRAME, Signal, quota};
use chrono::{DateTime, TimeDelta, Utc};

/// How long after its end an execution may begin again, in days. Its frames are kept as long.
pub const REDRIVE_DAYS_MAX: i64 = 14;

/// Why an execution does not begin again, in the service's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRedrivable {
    /// It runs.
    #[error("Execution is RUNNING and cannot be redriven")]
    Running,
    /// It succeeded.
    #[error("Execution is SUCCEEDED and cannot be redriven")]
    Succeeded,
    /// It is an Express one: its state is not kept.
    #[error("Execution is EXPRESS and cannot be redriven")]
    Express,
    /// It has no room for another event in its history.
    #[error("Execution history event limit exceeded")]
    Events,
    /// It was started longer ago than an execution may run.
    #[error("Execution has exceeded the max execution time")]
    Time,
    /// It ended more than [`REDRIVE_DAYS_MAX`] days ago.
    #[error("Execution redrivable period exceeded")]
    Period,
    /// It was redriven [`quota::REDRIVES_MAX`] times.
    #[error("Execution redrive limit exceeded")]
    Redrives,
    /// It is a child of a map run: redriving the execution of that one begins it again.
    #[error("Execution is a child workflow execution of a Map Run and cannot be redriven by itself")]
    Child,
}

/// A redrive that came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// It may not begin again.
    #[error(transparent)]
    NotRedrivable(#[from] NotRedrivable),
    /// Its events cannot be written.
    #[error(transparent)]
    Unwritable(#[from] serde_json::Error),
}

/// Whether an execution may begin again; by itself, or, a child of a map run, with its parent.
pub fn redrivable(
    status: Status,
    execution: &Execution,
    stopped_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), NotRedrivable> {
    refusal(status, execution, stopped_at, now).map_or(Ok(()), Err)
}

pub(super) fn refusal(
    status: Status,
    execution: &Execution,
    stopped_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<NotRedrivable> {
    let days = |from: DateTime<Utc>| now.signed_duration_since(from);
    match status {
        Status::Running => return Some(NotRedrivable::Running),
        Status::Succeeded => return Some(NotRedrivable::Succeeded),
        Status::Failed | Status::Aborted | Status::TimedOut | Status::PendingRedrive => {}
    }
    let year = TimeDelta::seconds(i64::try_from(quota::STANDARD_SECONDS_MAX).unwrap_or(i64::MAX / 1_000));
    if execution.express {
        Some(NotRedrivable::Express)
    } else if execution.events + 1 >= quota::EVENTS_MAX {
        Some(NotRedrivable::Events)
    } else if days(execution.started_at) > year {
        Some(NotRedrivable::Time)
    } else if stopped_at.is_some_and(|stopped_at| days(stopped_at) > TimeDelta::days(REDRIVE_DAYS_MAX)) {
        Some(NotRedrivable::Period)
    } else if execution.redrive_count >= quota::REDRIVES_MAX {
        Some(NotRedrivable::Redrives)
    } else {
        None
    }
}

/// Begins an execution again: what had succeeded is kept, what had failed or was stopped is tried anew. Commit the change as
/// one of [`settle`].
pub fn redrive(settling: &Settling<'_>, loaded: Loaded) -> Result<Change, RedriveError> {
    redrivable(loaded.status, &loaded.execution, loaded.stopped_at, settling.now)?;
    if loaded.above.is_some_and(|above| above.tells == Tells::Map) {
        return Err(NotRedrivable::Child.into());
    }
    if !loaded.frames.iter().any(|frame| frame.id == FIRST_FRAME && frame.halted.is_some()) {
        // Its frames are gone already.
        return Err(NotRedrivable::Period.into());
    }
    let signal = Signal { frame: FIRST_FRAME, turn: 0, event: Event::Redrive { turn: 0 } };
    Ok(settle(settling, loaded, vec![signal])?)
}
