//! What the engine needs of those who do tasks.
//!
//! What a call must be, and what its answer means to the state that asked, is decided in `functions/step`; an adapter only
//! carries it out and says what came back. Every call may be made more than once: a worker dies, an answer is lost. The
//! idempotency key is the same each time.

use async_trait::async_trait;
use bytes::Bytes;
use std::fmt;
use std::time::Duration;
use url::Url;

/// Whether somebody waits for a function's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InvocationType {
    /// `RequestResponse`.
    #[default]
    RequestResponse,
    /// `Event`: it is queued, and nobody learns what it answered.
    Event,
    /// `DryRun`: nothing runs.
    DryRun,
}

/// A function to be invoked.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionCall {
    /// Its name or ARN, as it was judged to be allowed.
    pub name: String,
    /// Its version or alias.
    pub qualifier: Option<String>,
    /// JSON.
    pub payload: Bytes,
    /// JSON, at most 3,583 bytes as Base64. Holds the idempotency key.
    pub client_context: String,
    /// Whether somebody waits.
    pub invocation: InvocationType,
    /// How long an answer is waited for.
    pub time: Duration,
}

/// What came back of a function that was invoked, also if it failed.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionReply {
    /// The HTTP status: 200, 202 (`Event`) or 204 (`DryRun`).
    pub status: u16,
    /// The version that ran.
    pub executed_version: Option<String>,
    /// The invocation's id.
    pub request_id: Option<String>,
    /// `Handled` or `Unhandled` if the function failed: the payload then tells the error.
    pub function_error: Option<String>,
    /// What it answered: JSON, or nothing.
    pub payload: Bytes,
}

/// Why a function was not invoked, or why its answer is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunctionRefusal {
    /// The service refused.
    #[error("{code}: {message}")]
    Refused {
        /// For example `ResourceNotFoundException`.
        code: String,
        /// In words.
        message: String,
        /// The HTTP status.
        status: u16,
        /// The request's id, if there was one.
        request_id: Option<String>,
    },
    /// It cannot be reached.
    #[error("the service cannot be reached: {0}")]
    Unreachable(String),
    /// No answer in time.
    #[error("no answer within {} s", .0.as_secs())]
    NoAnswer(Duration),
}

/// Invokes functions.
#[async_trait]
pub trait FunctionCaller: Send + Sync {
    /// Once: retries are the state's own.
    async fn function_invoke(&self, call: FunctionCall) -> Result<FunctionReply, FunctionRefusal>;
}

/// An HTTP request to be made.
#[derive(Clone, PartialEq)]
pub struct HttpCall {
    /// `GET` and so on.
    pub method: String,
    /// Where to, with its query.
    pub url: Url,
    /// Names and values. Some are secret: never in a log.
    pub headers: Vec<(String, String)>,
    /// The body; none for none.
    pub body: Option<Bytes>,
    /// Whether the host must have a public address: an address that is not is never connected to then.
    pub public_only: bool,
    /// How long an answer is waited for, body included.
    pub time: Duration,
    /// The longest body of an answer, in bytes.
    pub reply_bytes_max: usize,
}

impl fmt::Debug for HttpCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        f.debug_struct("HttpCall").field("method", &self.method).field("host", &host).finish_non_exhaustive()
    }
}

/// What an endpoint answered.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpReply {
    /// The status.
    pub status: u16,
    /// The headers, in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// Why an endpoint did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpRefusal {
    /// The host has an address that is not of the public Internet.
    #[error("the host {0} has no public address")]
    PrivateAddress(String),
    /// No connection, or it broke.
    #[error("{0}")]
    Socket(String),
    /// No answer in time.
    #[error("no answer within {} s", .0.as_secs())]
    NoAnswer(Duration),
    /// The answer is longer than it may be.
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
    /// It is no HTTP request that could be made, for example by a header's name.
    #[error("{0}")]
    Malformed(String),
}

/// Makes HTTP requests.
#[async_trait]
pub trait HttpCaller: Send + Sync {
    /// Once: retries are the state's own. Follows no redirects and takes no proxy. What a host's name stands for is looked
    /// up once, and judged and connected to as it was found.
    async fn http_call(&self, call: HttpCall) -> Result<HttpReply, HttpRefusal>;
}
