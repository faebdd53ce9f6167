//! The port's implementation.

use crate::Options;
use crate::wire::{Answer, Request};
use async_trait::async_trait;
use bytes::BytesMut;
use octavo_domain_kernel::{Clock, PortError, PortErrorKind, TenantId, trace};
use octavo_domain_search::{EMBEDDED_BYTES_MAX, EMBEDDED_TEXTS_MAX, EmbeddingModel, Embeddings, Purpose};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

/// Times that documents are asked for, in all.
const ATTEMPTS_MAX: u32 = 3;
/// The wait before the second attempt; it doubles with each further one.
const BACKOFF: Duration = Duration::from_millis(250);
/// Longest wait that is believed of the other side.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(2);
/// How long a connection may take.
const CONNECT_TIME: Duration = Duration::from_secs(1);
/// How long a connection that is not used is kept: shorter than servers keep it.
const IDLE_TIME: Duration = Duration::from_secs(30);
/// Bytes that a number of a vector may take as text, and the rest of an answer.
const NUMBER_BYTES_MAX: usize = 32;
const ENVELOPE_BYTES_MAX: usize = 64 * 1024;
/// Characters of an answer that go into the log.
const REASON_CHARS_MAX: usize = 300;

/// Makes vectors at an endpoint.
pub struct HttpEmbeddings {
    options: Options,
    clock: Arc<dyn Clock>,
    /// Made at the first use: certificates are read for it.
    client: OnceLock<Client>,
    /// Milliseconds since 1970 until which the endpoint is left alone.
    rests_until: AtomicI64,
}

/// What the endpoint said.
#[derive(Debug, thiserror::Error)]
#[error("the embeddings endpoint answered {status}: {reason}")]
struct Refused {
    status: StatusCode,
    reason: String,
}

/// One attempt that came to nothing.
struct Failed {
    error: PortError,
    /// What the other side asks to wait.
    wait: Option<Duration>,
}

impl HttpEmbeddings {
    /// Connects to nothing yet.
    pub fn new(options: Options, clock: Arc<dyn Clock>) -> Self {
        Self { options, clock, client: OnceLock::new(), rests_until: AtomicI64::new(0) }
    }

    fn client(&self) -> Result<&Client, PortError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // Not elsewhere: the key would go along.
        let builder = Client::builder().redirect(Policy::none()).no_proxy().connect_timeout(CONNECT_TIME);
        let client = builder.pool_idle_timeout(IDLE_TIME).build().map_err(PortError::corrupt)?;
        Ok(self.client.get_or_init(|| client))
    }

    fn url(&self) -> Result<Url, PortError> {
        self.options.url.join("embeddings").map_err(PortError::corrupt)
    }

    async fn attempt(&self, request: &Request<'_>, until: Instant) -> Result<Vec<Vec<f32>>, Failed> {
        let failed = |error: PortError| Failed { error, wait: None };
        let mut sending = self.client().map_err(failed)?.post(self.url().map_err(failed)?).json(request);
        if let Some(key) = &self.options.key {
            sending = sending.bearer_auth(key);
        }
        if let Some(trace) = trace::current() {
            sending = sending.header("traceparent", trace.to_string());
        }
        let late = || failed(PortError::new(PortErrorKind::Timeout, "no vectors in time"));
        // Without the address: it may hold what is secret.
        let broken = |error: reqwest::Error| failed(PortError::unavailable(error.without_url()));
        let mut response = timeout_at(until, sending.send()).await.map_err(|_| late())?.map_err(broken)?;
        let status = response.status();
        let wait = retry_after(response.headers());
        let vectors_max = request.input.len() * usize::from(self.options.model.dimensions) * NUMBER_BYTES_MAX;
        let mut body = BytesMut::new();
        while let Some(piece) = timeout_at(until, response.chunk()).await.map_err(|_| late())?.map_err(broken)? {
            if body.len() + piece.len() > vectors_max + ENVELOPE_BYTES_MAX {
                return Err(failed(PortError::corrupt("the answer is larger than vectors can be")));
            }
            body.extend_from_slice(&piece);
        }
        if !status.is_success() {
            let reason = String::from_utf8_lossy(&body).chars().take(REASON_CHARS_MAX).collect();
            return Err(Failed { error: PortError::new(kind(status), Refused { status, reason }), wait });
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|error| failed(PortError::corrupt(error)))?;
        let vectors = answer.vectors(request.input.len(), &self.options.model);
        vectors.map_err(|wrong| failed(PortError::corrupt(wrong)))
    }

    async fn asked(&self, purpose: Purpose, request: &Request<'_>) -> Result<Vec<Vec<f32>>, PortError> {
        let (time, attempts) = match purpose {
            Purpose::Query => (self.options.query_timeout, 1),
            Purpose::Documents => (self.options.documents_timeout, ATTEMPTS_MAX),
        };
        let until = Instant::now() + time;
        let mut attempt = 1;
        loop {
            let Failed { error, wait } = match self.attempt(request, until).await {
                Ok(vectors) => return Ok(vectors),
                Err(failed) => failed,
            };
            let wait = wait.unwrap_or(BACKOFF * 2_u32.pow(attempt - 1)).min(RETRY_AFTER_MAX);
            if attempt == attempts || !error.is_retryable() || Instant::now() + wait >= until {
                return Err(error);
            }
            sleep(wait).await;
            attempt += 1;
        }
    }
}

#[async_trait]
impl Embeddings for HttpEmbeddings {
    async fn embed(&self, tenant: &TenantId, purpose: Purpose, texts: &[String]) -> Result<Vec<Vec<f32>>, PortError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        if texts.len() > EMBEDDED_TEXTS_MAX
            || texts.iter().any(|text| text.is_empty() || text.len() > EMBEDDED_BYTES_MAX)
        {
            return Err(PortError::corrupt("more than an endpoint is asked at once, or nothing"));
        }
        if self.clock.now().timestamp_millis() < self.rests_until.load(Ordering::Relaxed) {
            return Err(PortError::unavailable("the embeddings endpoint failed a moment ago and is left alone"));
        }
        let model = &self.options.model;
        let request = Request {
            model: &model.name,
            input: texts,
            encoding_format: "float",
            dimensions: self.options.shortened.then_some(model.dimensions),
            user: tenant.as_str(),
        };
        let answer = self.asked(purpose, &request).await;
        if let Err(error) = &answer {
            let rest = i64::try_from(self.options.rest.as_millis()).unwrap_or(i64::MAX);
            self.rests_until.store(self.clock.now().timestamp_millis().saturating_add(rest), Ordering::Relaxed);
            tracing::warn!(%error, rest_ms = rest, "no vectors: the endpoint is left alone for a while");
        }
        answer
    }

    fn model(&self) -> &EmbeddingModel {
        &self.options.model
    }
}

fn kind(status: StatusCode) -> PortErrorKind {
    match status.as_u16() {
        401 | 403 => PortErrorKind::Denied,
        408 | 504 => PortErrorKind::Timeout,
        429 | 500..=599 => PortErrorKind::Unavailable,
        _ => PortErrorKind::Corrupt,
    }
}

/// Seconds; a date is not worth a clock, as it is only a hint.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
