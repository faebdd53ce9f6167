//! One invocation.

use crate::FunctionError;
use crate::trace::Link;
use bytes::Bytes;
use std::sync::Arc;
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
    /// The trace that it is in, as X-Ray writes it, with who asks as the parent; a trace begins here if there is none.
    pub trace_id: Option<String>,
    /// The messages that it is for, as far as their traces are known.
    pub links: Vec<Link>,
    /// What it is, for people: `GET /v1/documents`.
    pub what: String,
}

/// The pieces of a streamed response, as they come. It ended well only if the last thing received was not an error and the
/// channel closed. They are at most [`crate::STREAM_BYTES_MAX`] bytes, and wait here for a reader that is slower than the
/// function: a client never holds a function up.
pub type Pieces = mpsc::UnboundedReceiver<Result<Bytes, FunctionError>>;

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
    /// The trace that it belongs to, as X-Ray writes it, with the invocation as the parent: what the function was told.
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
    pub(crate) taken_ms: Arc<AtomicI64>,
    pub(crate) reply: oneshot::Sender<Reply>,
}

impl Job {
    /// What goes into the sandbox, and the way back. The sandbox takes it at `now_ms` since 1970 and has `timeout` for it.
    pub(crate) fn begun(self, now_ms: i64, timeout: Duration) -> (Work, oneshot::Sender<Reply>) {
        self.taken_ms.store(now_ms, Ordering::Release);
        let work = Work {
            request_id: self.request_id,
            trace_id: self.trace_id,
            client_context: self.client_context,
            payload: self.payload,
            deadline_ms: now_ms.saturating_add(i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX)),
            taken_ms: self.taken_ms,
        };
        (work, self.reply)
    }
}

/// A job as a sandbox gets it.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) request_id: String,
    pub(crate) trace_id: String,
    pub(crate) client_context: Option<String>,
    pub(crate) payload: Bytes,
    /// Milliseconds since 1970.
    pub(crate) deadline_ms: i64,
    taken_ms: Arc<AtomicI64>,
}

impl Work {
    /// The job again, for another sandbox.
    pub(crate) fn undone(self, reply: oneshot::Sender<Reply>) -> Job {
        self.taken_ms.store(0, Ordering::Release);
        Job {
            request_id: self.request_id,
            trace_id: self.trace_id,
            client_context: self.client_context,
            payload: self.payload,
            taken_ms: self.taken_ms,
            reply,
        }
    }
}

/// What comes back from a sandbox.
pub(crate) struct Reply {
    pub(crate) output: Output,
    pub(crate) log: Vec<String>,
    pub(crate) cold: bool,
}
