//! What happened: the last invocations, and how the functions are.

use crate::limits::{DURATIONS_MAX, RECORD_BYTES_MAX, RECORDS_MAX, REQUESTS_MAX};
use crate::trace::Link;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::Arc;

/// A finished invocation.
#[derive(Debug, Clone)]
pub struct Record {
    /// From 1, in the order of their ends.
    pub number: u64,
    /// Names it.
    pub request_id: String,
    /// The trace that it belongs to: 32 hexadecimal digits.
    pub trace_id: String,
    /// Names it in its trace, and in those of its links: 16 hexadecimal digits.
    pub span_id: String,
    /// What it is a part of, where somebody said so: 16 hexadecimal digits.
    pub parent_id: Option<String>,
    /// The messages that it was for, as far as their traces are known.
    pub links: Vec<Link>,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// The function.
    pub function: String,
    /// What it was, for people.
    pub what: String,
    /// The event, cut at [`RECORD_BYTES_MAX`].
    pub event: Bytes,
    /// Whether that is all of the event, so that it can be sent again.
    pub whole: bool,
    /// The response or the error, cut at [`RECORD_BYTES_MAX`].
    pub response: Bytes,
    /// Whether it failed.
    pub failed: bool,
    /// Milliseconds from being asked for to the answer.
    pub duration_ms: f64,
    /// Of these, until a sandbox took it: it waited for a free one, or for its own to start.
    pub wait_ms: f64,
    /// Whether the sandbox was made for it.
    pub cold: bool,
    /// Its last lines.
    pub log: Vec<String>,
}

/// A request that the gateway has answered.
#[derive(Debug, Clone)]
pub struct Requested {
    /// Names it: `x-request-id` of the answer.
    pub request_id: String,
    /// The trace that it belongs to: 32 hexadecimal digits.
    pub trace_id: String,
    /// Names it in its trace: 16 hexadecimal digits.
    pub span_id: String,
    /// What it is a part of, where the client said so: 16 hexadecimal digits.
    pub parent_id: Option<String>,
    /// When it came.
    pub at: DateTime<Utc>,
    /// Its method and path.
    pub what: String,
    /// The status of the answer.
    pub status: u16,
    /// Milliseconds until the answer began.
    pub duration_ms: f64,
}

/// How a function is.
#[derive(Debug, Clone, Serialize)]
pub struct FunctionStatus {
    /// Its name.
    pub name: String,
    /// Whether it is frozen: its sandboxes get no work, and what is asked of it waits.
    pub frozen: bool,
    /// Its processes.
    pub sandboxes: usize,
    /// Invocations that they run, streamed ones until their end.
    pub running: usize,
    /// Invocations that wait for a sandbox.
    pub waiting: usize,
    /// Since the service started.
    pub invocations: u64,
    /// Of these, failed.
    pub errors: u64,
    /// Refused because too many waited.
    pub throttles: u64,
    /// Sandboxes that got ready.
    pub cold_starts: u64,
    /// Milliseconds that the faster half of its last invocations took at most; none before the first.
    pub p50_ms: Option<f64>,
    /// The same of all but the slowest twentieth.
    pub p95_ms: Option<f64>,
    /// MiB of all its processes.
    pub memory_mb: u64,
    /// MiB that each of them may use.
    pub memory_limit_mb: u32,
    /// Milliseconds that one invocation may take.
    pub timeout_ms: u64,
    /// Invocations at a time in one sandbox.
    pub concurrency: usize,
    /// Sandboxes at a time.
    pub sandboxes_max: usize,
    /// What it answers, as `GET /path`.
    pub routes: Vec<String>,
    /// Why its last sandbox did not start, until one does.
    pub last_error: Option<String>,
}

/// What a sandbox is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SandboxState {
    /// Its process has not asked for its first invocation yet.
    Starting,
    /// It waits for one.
    Idle,
    /// It runs some.
    Busy,
    /// It takes no more, and ends.
    Ending,
}

/// How a sandbox is.
#[derive(Debug, Clone, Serialize)]
pub struct SandboxStatus {
    /// Names it.
    pub id: String,
    /// Its process; none for the moment in which it is started.
    pub process: Option<u32>,
    /// What it is doing.
    pub state: SandboxState,
    /// Invocations that it runs.
    pub running: usize,
    /// Invocations that it took since it started.
    pub served: u64,
    /// MiB of resident memory.
    pub memory_mb: u64,
    /// Milliseconds since it was started.
    pub age_ms: u64,
}

/// An invocation that somebody waits for.
#[derive(Debug, Clone, Serialize)]
pub struct Underway {
    /// Names it.
    pub request_id: String,
    /// The function.
    pub function: String,
    /// What it is, for people.
    pub what: String,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// The trace that it belongs to: 32 hexadecimal digits.
    pub trace_id: String,
    /// Names it in its trace, and in those of its links: 16 hexadecimal digits.
    pub span_id: String,
    /// What it is a part of, where somebody said so: 16 hexadecimal digits.
    pub parent_id: Option<String>,
    /// The messages that it is for, as far as their traces are known.
    #[serde(skip)]
    pub links: Vec<Link>,
    /// Whether a sandbox has taken it; else it waits for one.
    pub running: bool,
}

/// The last [`RECORDS_MAX`] invocations.
#[derive(Default)]
pub(crate) struct Records(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    added: u64,
    last: VecDeque<Arc<Record>>,
}

/// The last [`REQUESTS_MAX`] requests.
#[derive(Default)]
pub(crate) struct Requests(Mutex<VecDeque<Arc<Requested>>>);

impl Requests {
    pub(crate) fn add(&self, requested: Requested) {
        let mut kept = self.0.lock();
        if kept.len() == REQUESTS_MAX {
            kept.pop_front();
        }
        kept.push_back(Arc::new(requested));
    }

    /// Newest first.
    pub(crate) fn all(&self) -> Vec<Arc<Requested>> {
        self.0.lock().iter().rev().cloned().collect()
    }
}

impl Records {
    /// Adds `record` and gives it its number.
    pub(crate) fn add(&self, mut record: Record) {
        let mut kept = self.0.lock();
        if kept.last.len() == RECORDS_MAX {
            kept.last.pop_front();
        }
        kept.added += 1;
        record.number = kept.added;
        kept.last.push_back(Arc::new(record));
    }

    /// Newest first.
    pub(crate) fn all(&self) -> Vec<Arc<Record>> {
        self.0.lock().last.iter().rev().cloned().collect()
    }

    /// The one of this name.
    pub(crate) fn find(&self, request_id: &str) -> Option<Arc<Record>> {
        self.0.lock().last.iter().rev().find(|record| record.request_id == request_id).cloned()
    }
}

/// How long a function's last [`DURATIONS_MAX`] invocations took.
#[derive(Default)]
pub(crate) struct Durations(Mutex<VecDeque<f64>>);

impl Durations {
    pub(crate) fn add(&self, ms: f64) {
        let mut kept = self.0.lock();
        if kept.len() == DURATIONS_MAX {
            kept.pop_front();
        }
        kept.push_back(ms);
    }

    /// The smallest duration that each of these shares (0 to 1) of all does not exceed.
    pub(crate) fn percentiles<const N: usize>(&self, shares: [f64; N]) -> [Option<f64>; N] {
        let mut sorted: Vec<f64> = self.0.lock().iter().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        shares.map(|share| {
            let rank = (share * sorted.len() as f64).ceil() as usize;
            sorted.get(rank.saturating_sub(1)).copied()
        })
    }
}

/// The beginning of `bytes`, copied, so that a record does not hold a large body.
pub(crate) fn cut(bytes: &Bytes) -> Bytes {
    if bytes.len() <= RECORD_BYTES_MAX { bytes.clone() } else { Bytes::copy_from_slice(&bytes[..RECORD_BYTES_MAX]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_durations_that_were_there() {
        let durations = Durations::default();
        assert_eq!(durations.percentiles([0.5, 0.95]), [None, None]);
        durations.add(7.0);
        assert_eq!(durations.percentiles([0.0, 0.5, 1.0]), [Some(7.0); 3]);
        (1..=DURATIONS_MAX).rev().for_each(|ms| durations.add(ms as f64));
        let (half, most) = (DURATIONS_MAX / 2, (DURATIONS_MAX as f64 * 0.95).ceil());
        assert_eq!(durations.percentiles([0.5, 0.95]), [Some(half as f64), Some(most)], "the first one is forgotten");
    }
}
