//! A provider over HTTP.

use crate::ProviderFault;
use crate::models::Endpoint;
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for a provider. Each counts from the request's beginning, but `idle`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection.
    pub connect: Duration,
    /// For the answer's head and, of a stream, the first event.
    pub first_token: Duration,
    /// Between two pieces.
    pub idle: Duration,
    /// For all of it.
    pub total: Duration,
}

/// A request to a provider.
#[derive(Clone)]
pub struct UpstreamRequest {
    /// Where, and how one says who one is there.
    pub endpoint: Arc<Endpoint>,
    /// The key.
    pub key: Arc<str>,
    /// Below the endpoint's base, without a slash in front: `chat/completions`.
    pub path: String,
    /// The model as the provider calls it, which the body names too. With an Azure api-version it is the deployment, which
    /// stands in the path.
    pub model: String,
    /// Further headers: `anthropic-beta`, `traceparent`.
    pub headers: Vec<(&'static str, String)>,
    /// The body, JSON.
    pub body: Bytes,
    /// Whether an event stream is asked for.
    pub stream: bool,
    /// How long to wait.
    pub timeouts: Timeouts,
}

impl fmt::Debug for UpstreamRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the key nor the prompt.
        let (path, bytes) = (&self.path, self.body.len());
        f.debug_struct("UpstreamRequest").field("path", path).field("bytes", &bytes).finish_non_exhaustive()
    }
}

/// One event of a stream (HTML standard, section 9.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSentEvent {
    /// The `event:` field; empty where there was none.
    pub name: String,
    /// The `data:` field.
    pub data: String,
}

/// The body of a good answer.
pub enum UpstreamBody {
    /// All of it.
    Whole(Bytes),
    /// As it comes; a failure is the last item. Ends without one where the connection ended cleanly: whether that was
    /// the end of the answer, the events say. Dropping it closes the connection.
    Events(BoxStream<'static, Result<ServerSentEvent, ProviderFault>>),
}

impl fmt::Debug for UpstreamBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Events(_) => f.write_str("events"),
        }
    }
}

/// A good answer (2xx).
#[derive(Debug)]
pub struct UpstreamReply {
    /// The provider's name of the request.
    pub request_id: Option<String>,
    /// What is left of the provider's rate: requests and tokens, where it says so.
    pub remaining: (Option<u64>, Option<u64>),
    /// The body. An event stream is answered as one even where the provider ignored `stream` and vice versa.
    pub body: UpstreamBody,
}

/// Providers.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// Sends a request. An answer of 400 and above is a fault, read by the endpoint's dialect.
    async fn send(&self, request: UpstreamRequest) -> Result<UpstreamReply, ProviderFault>;
}
