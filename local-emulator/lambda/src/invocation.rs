//! One invocation.

use crate::FunctionError;
use bytes::Bytes;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// What is to be run.
#[derive(Debug, Clone, Default)]
pub struct InvokeRequest {
    /// The function's name.
    pub function: String,
    /// The event: JSON, at most [`crate::PAYLOAD_BYTES_MAX`] bytes.
    pub payload: Bytes,
    /// The client context, JSON, as the caller gave it.
    pub client_context: Option<String>,
    /// `Root=1-...`; one is made if there is none.
    pub trace_id: Option<String>,
    /// What it is, for people: `GET /v1/documents`.
    pub what: String,
}

/// The pieces of a streamed response, as they come. It ended well only if the last thing received was not an error and the
/// channel closed.
pub type Pieces = mpsc::Receiver<Result<Bytes, FunctionError>>;

/// What a function answered.
#[derive(Debug)]
pub enum Output {
    /// The whole response.
    Buffered(Bytes),
    /// A streamed response.
    Streamed {
        /// The `Content-Type` that the runtime announced.
        content_type: String,
        /// Its pieces.
        pieces: Pieces,
    },
    /// It failed.
    Failed(FunctionError),
}

/// The end of an invocation (of a streamed one: the beginning of its answer).
#[derive(Debug)]
pub struct InvokeResponse {
    /// What came out.
    pub output: Output,
    /// Names the invocation.
    pub request_id: String,
    /// The trace that it belongs to.
    pub trace_id: String,
    /// The last lines that it logged.
    pub log: Vec<String>,
    /// From handing it to the sandbox to the answer.
    pub duration: Duration,
    /// Whether the sandbox was made for it.
    pub cold: bool,
}

/// An invocation on its way into a sandbox.
pub(crate) struct Job {
    pub(crate) request_id: String,
    pub(crate) trace_id: String,
    pub(crate) client_context: Option<String>,
    pub(crate) payload: Bytes,
    /// Milliseconds since 1970 at which a sandbox took it; 0 before.
    pub(crate) taken_ms: std::sync::Arc<AtomicI64>,
    pub(crate) reply: oneshot::Sender<Reply>,
}

impl Job {
    pub(crate) fn take_at(&self, ms: i64) {
        self.taken_ms.store(ms, Ordering::Release);
    }
}

/// What comes back from a sandbox.
pub(crate) struct Reply {
    pub(crate) output: Output,
    pub(crate) log: Vec<String>,
    pub(crate) cold: bool,
}
