//! One exchange with a provider.

use crate::connect::{ConnectDeadline, connecting_by};
use crate::events::{EVENT_MOST, Events};
use crate::hosts::Hosts;
use crate::patience::Patience;
use crate::pieces::{Most, Pieces};
use crate::{fault, refusal, request};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{HeaderMap, header};
use octavo_domain_ai::ports::{Upstream, UpstreamBody, UpstreamReply, UpstreamRequest};
use octavo_domain_ai::{FaultClass, ProviderFault};
use octavo_domain_kernel::Clock;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Request, Response};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

/// Largest answer that is taken whole, in bytes; a larger one is a fault of class `Protocol`. 32 MiB.
pub const WHOLE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Connections to one host that are kept while nobody uses them.
const IDLE_PER_HOST_MAX: usize = 64;
/// And for how long: less than the time after which providers' load balancers close theirs, so that a request rarely
/// meets a connection that is being closed.
const IDLE_MAX: Duration = Duration::from_secs(50);
/// A quiet HTTP/2 connection with requests under way is asked whether it lives, this often and for so long: otherwise a
/// dead one would take all its streams to their deadlines.
const PING_EVERY: Duration = Duration::from_secs(15);
const PING_WAIT: Duration = Duration::from_secs(10);
const USER_AGENT: &str = concat!("octavo/", env!("CARGO_PKG_VERSION"));
/// Longest name of a request that is taken from a provider, in bytes.
const REQUEST_ID_BYTES_MAX: usize = 256;
const REQUEST_ID_HEADERS: [&str; 3] = ["x-request-id", "request-id", "apim-request-id"];

/// Providers over HTTP/1.1 and, where TLS negotiates it, HTTP/2. One for the whole process: it holds the connections,
/// which are kept open and used again. Nothing is connected, and no certificate read, before the first use.
///
/// Follows no redirect, uses no proxy, keeps no cookies, unpacks nothing. Tries nothing twice, except a request of which
/// the provider has said, or the connection's state proves, that it was not begun.
///
/// Each of the request's timeouts ends it with a fault of class `Timeout` whose message says which one it was. Time in
/// which the caller does not ask for the next event is not counted as the provider's idle time.
///
/// Dropping the future of `send`, or the events, ends the exchange: over HTTP/1.1 it closes the connection, unless all
/// of the body has come. A connection is used again after its body has been read to the end, so read a stream on after
/// its last event, until it says that there is none.
pub struct HttpUpstream {
    client: OnceLock<Client>,
    hosts: Hosts,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for HttpUpstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpUpstream").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl HttpUpstream {
    /// Connects to nothing yet. The clock tells how long it is until a moment at which a provider wants to be asked again.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { client: OnceLock::new(), hosts: Hosts::default(), clock }
    }

    /// Reads the certificates now (some 10 ms), which the first request would otherwise wait for: where a process has time
    /// before its first request. Connects to nothing.
    pub fn prepare(&self) -> Result<(), ProviderFault> {
        self.client().map(drop)
    }

    fn client(&self) -> Result<&Client, ProviderFault> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = client()
            .map_err(|error| ProviderFault::new(FaultClass::Network, format!("no HTTP client can be made: {error}")))?;
        Ok(self.client.get_or_init(|| client))
    }

    async fn exchange(&self, request: &UpstreamRequest) -> Result<UpstreamReply, ProviderFault> {
        let patience = Patience::new(Instant::now(), request.timeouts);
        let url = request::url(request)?;
        let place = self.hosts.place(&url, &patience).await?;
        let mut sent = Request::new(Method::POST, url);
        *sent.headers_mut() = request::headers(request)?;
        *sent.body_mut() = Some(request.body.clone().into());
        let response = head(self.client()?, sent, &patience).await?;
        let (status, headers) = (response.status(), response.headers());
        let request_id = request_id(headers);
        let answered = if status.is_success() {
            let remaining = remaining(headers);
            body(response, request_id.as_ref(), patience, place).await.map(|body| UpstreamReply {
                request_id: None,
                remaining,
                body,
            })
        } else if status.as_u16() >= 400 {
            Err(refusal::read(response, patience, place, request, self.clock.now()).await)
        } else {
            let mut fault = ProviderFault::new(FaultClass::Protocol, format!("answered with status {status}"));
            fault.status = Some(status.as_u16());
            Err(fault)
        };
        match answered {
            Ok(reply) => Ok(UpstreamReply { request_id, ..reply }),
            Err(mut fault) => {
                fault.request_id = fault.request_id.or(request_id);
                Err(fault)
            }
        }
    }
}

#[async_trait]
impl Upstream for HttpUpstream {
    async fn send(&self, request: UpstreamRequest) -> Result<UpstreamReply, ProviderFault> {
        let answered = self.exchange(&request).await;
        if let Err(fault) = &answered {
            // Not its message: a provider's may quote the prompt.
            tracing::debug!(
                provider = %request.endpoint.name,
                path = %request.path,
                class = fault.class.as_str(),
                status = fault.status,
                request_id = fault.request_id.as_deref(),
                "a provider gave no answer"
            );
        }
        answered
    }
}

fn client() -> reqwest::Result<Client> {
    Client::builder()
        .user_agent(USER_AGENT)
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        // Another crate in the process may have switched these features on.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .tcp_nodelay(true)
        .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
        .pool_idle_timeout(IDLE_MAX)
        .http2_keep_alive_interval(PING_EVERY)
        .http2_keep_alive_timeout(PING_WAIT)
        .connector_layer(ConnectDeadline)
        .build()
}

async fn head(client: &Client, request: Request, patience: &Patience) -> Result<Response, ProviderFault> {
    let (connected_by, connection) = patience.connected_by();
    let (by, wait) = patience.first_token_by();
    match timeout_at(by, connecting_by(connected_by, client.execute(request))).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(fault::unanswered(error).unwrap_or_else(|| patience.exhausted(connection))),
        Err(_) => Err(patience.exhausted(wait)),
    }
}

async fn body(
    response: Response,
    request_id: Option<&String>,
    patience: Patience,
    place: OwnedSemaphorePermit,
) -> Result<UpstreamBody, ProviderFault> {
    if let Some(coding) = coding(response.headers()) {
        let message = format!("the answer is packed ({coding}), which nobody asked for");
        return Err(ProviderFault::new(FaultClass::Protocol, message));
    }
    if is_event_stream(response.headers()) {
        let pieces = Pieces::new(response.into(), patience, EVENT_MOST, place);
        return Ok(UpstreamBody::Events(Events::new(pieces, request_id.cloned()).boxed()));
    }
    whole(response, patience, place).await.map(UpstreamBody::Whole)
}

async fn whole(response: Response, patience: Patience, place: OwnedSemaphorePermit) -> Result<Bytes, ProviderFault> {
    const MOST: Most = Most { bytes: WHOLE_BYTES_MAX, of: "the answer" };
    let mut pieces = Pieces::new(response.into(), patience, MOST, place);
    // Its head is the first piece.
    pieces.progress().understood();
    let Some(first) = pieces.next().await.transpose()? else { return Ok(Bytes::new()) };
    let Some(second) = pieces.next().await.transpose()? else { return Ok(first) };
    let mut all = BytesMut::with_capacity(2 * (first.len() + second.len()));
    all.extend_from_slice(&first);
    all.extend_from_slice(&second);
    while let Some(piece) = pieces.next().await.transpose()? {
        all.extend_from_slice(&piece);
    }
    Ok(all.freeze())
}

/// Decides, whatever was asked for: a provider may ignore `stream`, and some refuse in the other form.
fn is_event_stream(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("text/event-stream")
}

/// How the body is packed; none where it is not.
pub(crate) fn coding(headers: &HeaderMap) -> Option<String> {
    let coding = headers.get(header::CONTENT_ENCODING)?;
    let coding = String::from_utf8_lossy(coding.as_bytes()).trim().to_ascii_lowercase();
    (!coding.is_empty() && coding != "identity").then_some(coding)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = REQUEST_ID_HEADERS.iter().find_map(|name| text(headers, name))?;
    (id.len() <= REQUEST_ID_BYTES_MAX).then(|| id.to_owned())
}

/// What is left of the rate: requests and tokens.
fn remaining(headers: &HeaderMap) -> (Option<u64>, Option<u64>) {
    let number = |names: [&str; 2]| names.iter().find_map(|name| text(headers, name)?.parse().ok());
    (
        number(["x-ratelimit-remaining-requests", "anthropic-ratelimit-requests-remaining"]),
        number(["x-ratelimit-remaining-tokens", "anthropic-ratelimit-tokens-remaining"]),
    )
}
