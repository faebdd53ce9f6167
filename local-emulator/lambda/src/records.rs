//! What happened: the last invocations, and how the functions are.

use crate::limits::{RECORD_BYTES_MAX, RECORDS_MAX};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::Arc;

/// A finished invocation.
#[derive(Debug, Clone)]
pub struct Record {
    /// Names it.
    pub request_id: String,
    /// The trace that it belongs to.
    pub trace_id: String,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// The function.
    pub function: String,
    /// What it was, for people.
    pub what: String,
    /// The event, cut at [`RECORD_BYTES_MAX`].
    pub event: Bytes,
    /// The response or the error, cut at [`RECORD_BYTES_MAX`].
    pub response: Bytes,
    /// Whether it failed.
    pub failed: bool,
    /// Milliseconds from handing it to the sandbox to the answer.
    pub duration_ms: f64,
    /// Whether the sandbox was made for it.
    pub cold: bool,
    /// Its last lines.
    pub log: Vec<String>,
}

/// How a function is.
#[derive(Debug, Clone, Serialize)]
pub struct FunctionStatus {
    /// Its name.
    pub name: String,
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
    /// MiB of all its processes.
    pub memory_mb: u64,
    /// What it answers, as `GET /path`.
    pub routes: Vec<String>,
    /// Why its last sandbox did not start, until one does.
    pub last_error: Option<String>,
}

/// The last [`RECORDS_MAX`] invocations.
#[derive(Default)]
pub(crate) struct Records(Mutex<VecDeque<Arc<Record>>>);

impl Records {
    pub(crate) fn add(&self, record: Record) {
        let mut records = self.0.lock();
        if records.len() == RECORDS_MAX {
            records.pop_front();
        }
        records.push_back(Arc::new(record));
    }

    /// Newest first.
    pub(crate) fn all(&self) -> Vec<Arc<Record>> {
        self.0.lock().iter().rev().cloned().collect()
    }
}

/// The beginning of `bytes`, copied, so that a record does not hold a large body.
pub(crate) fn cut(bytes: &Bytes) -> Bytes {
    if bytes.len() <= RECORD_BYTES_MAX { bytes.clone() } else { Bytes::copy_from_slice(&bytes[..RECORD_BYTES_MAX]) }
}
