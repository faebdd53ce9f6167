//! Requests to what speaks HTTP, and what is known of a message by how one ended.

use crate::text::said;
use bytes::{Bytes, BytesMut};
use octavo_adapters_egress::{NoPublicAddress, PublicOnly, is_public};
use octavo_domain_notify::SendError;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use std::error::Error;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

/// How long sending one message by HTTP may take in all.
pub const SEND_TIME: Duration = Duration::from_secs(10);
/// How long a connection may take: less than the whole, so that one that is never made is known to be none.
const CONNECT_TIME: Duration = Duration::from_secs(4);
/// How long a connection that is not used is kept: shorter than the servers keep it, which is mostly a minute or more.
const IDLE_TIME: Duration = Duration::from_secs(30);
/// Connections to one host that are kept while they are not used.
const IDLE_PER_HOST_MAX: usize = 32;
/// Most of an answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Longest wait that is believed of a provider.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);

/// What happens when a message is sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// The receiver knows it as one: where nobody knows whether it was taken, it may be sent again.
    Harmless,
    /// It arrives twice.
    Harmful,
}

/// The clients of all providers. Nothing is connected, and no certificate read, before the first use.
#[derive(Debug, Default)]
pub(crate) struct Web {
    /// Connects to public addresses only.
    public: OnceLock<Client>,
    /// Connects to any: what an operator names. A connection of this one is never used by the other.
    any: OnceLock<Client>,
}

impl Web {
    /// For what an operator names.
    pub(crate) fn any(&self) -> Result<&Client, SendError> {
        Self::kept(&self.any, false)
    }

    /// For what a tenant names, at a public address.
    pub(crate) fn public(&self, url: &Url) -> Result<&Client, SendError> {
        // An address in place of a name is looked up by nobody.
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        if address.is_some_and(|address| !is_public(address)) {
            return Err(private_address());
        }
        Self::kept(&self.public, true)
    }

    fn kept(kept: &OnceLock<Client>, public_only: bool) -> Result<&Client, SendError> {
        if let Some(client) = kept.get() {
            return Ok(client);
        }
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIME)
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(IDLE_PER_HOST_MAX);
        if public_only {
            builder = builder.dns_resolver(Arc::new(PublicOnly));
        }
        let client = builder.build().map_err(|error| not_taken(format!("no client can be made: {error}")))?;
        Ok(kept.get_or_init(|| client))
    }
}

/// An answer, whatever its status. Of a body that is too large, too slow or cut off, what came of it: the status alone says
/// what was decided.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        said(&String::from_utf8_lossy(&self.body))
    }

    /// The body; null, where it is no JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?.to_str().ok()?.trim();
        (!value.is_empty() && value.len() <= 255).then(|| value.to_owned())
    }

    pub(crate) fn is_success(&self) -> bool {
        self.status.is_success()
    }

    /// What an answer that is no success says by its status alone. `code` and `detail` are the provider's own words.
    pub(crate) fn refusal(&self, repeats: Repeats, code: Option<String>, detail: String) -> SendError {
        let code = Some(code.unwrap_or_else(|| self.status.as_u16().to_string()));
        match self.status.as_u16() {
            // 408: the request did not come whole.
            408 | 429 | 503 => SendError::NotTaken { code, detail, retry_after: self.retry_after() },
            500..=599 if repeats == Repeats::Harmless => {
                SendError::NotTaken { code, detail, retry_after: self.retry_after() }
            }
            // It may have failed after the message was taken.
            500..=599 => SendError::Unknown { detail: format!("{}: {detail}", self.status.as_u16()) },
            _ => SendError::Rejected { code, detail },
        }
    }

    /// Seconds; a date is not worth a clock, as it is only a hint.
    fn retry_after(&self) -> Option<Duration> {
        let seconds: u64 = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
    }
}

/// Makes a request.
pub(crate) async fn ask(request: RequestBuilder, repeats: Repeats) -> Result<Answer, SendError> {
    let until = Instant::now() + SEND_TIME;
    match timeout_at(until, request.send()).await {
        Ok(Ok(response)) => Ok(read(response, until).await),
        Ok(Err(error)) => Err(failure(&error, repeats)),
        Err(_) => Err(no_answer(format!("no answer within {} s", SEND_TIME.as_secs()), repeats)),
    }
}

async fn read(mut response: Response, until: Instant) -> Answer {
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    let mut body = BytesMut::new();
    while let Ok(Ok(Some(piece))) = timeout_at(until, response.chunk()).await {
        let room = ANSWER_BYTES_MAX - body.len();
        body.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() >= room {
            break;
        }
    }
    Answer { status, headers, body: body.freeze() }
}

fn failure(error: &reqwest::Error, repeats: Repeats) -> SendError {
    // The innermost cause says what happened; the others name the URL, which may be secret.
    let mut cause: &(dyn Error + 'static) = error;
    while let Some(inner) = cause.source() {
        if inner.is::<NoPublicAddress>() {
            return private_address();
        }
        cause = inner;
    }
    let detail = if cause.is::<reqwest::Error>() { "the request failed".to_owned() } else { said(&cause.to_string()) };
    if error.is_builder() {
        return SendError::Rejected { code: None, detail: "no such request can be made".to_owned() };
    }
    if error.is_connect() { not_taken(detail) } else { no_answer(detail, repeats) }
}

/// The request was made, and what was answered is not known.
fn no_answer(detail: String, repeats: Repeats) -> SendError {
    match repeats {
        Repeats::Harmless => not_taken(detail),
        Repeats::Harmful => SendError::Unknown { detail },
    }
}

fn not_taken(detail: String) -> SendError {
    SendError::NotTaken { code: None, detail, retry_after: None }
}

/// Of the address that the tenant gave: no other provider may go there either.
pub(crate) fn private_address() -> SendError {
    SendError::Recipient {
        code: Some("address".to_owned()),
        detail: "the address is not of the public Internet, and the operator does not name its origin".to_owned(),
        suppress: false,
    }
}
