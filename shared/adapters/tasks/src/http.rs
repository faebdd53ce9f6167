//! HTTP endpoints.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use octavo_adapters_egress::{NoPublicAddress, PublicOnly, is_public};
use octavo_domain_kernel::trace;
use octavo_domain_workflow::engine::outside::{HttpCall, HttpCaller, HttpRefusal, HttpReply};
use reqwest::header::{Entry, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use std::error::Error;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::timeout;
use url::Host;

/// How long a connection may take.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// How long a connection that is not used is kept.
const IDLE_TIME: Duration = Duration::from_secs(30);
/// Connections to one host that are kept while they are not used.
const IDLE_PER_HOST_MAX: usize = 8;

/// Makes requests over connections that it keeps. Nothing is connected, and no certificate read, before the first use.
#[derive(Debug, Default)]
pub struct HttpEndpoints {
    /// Connects to public addresses only.
    public: OnceLock<Client>,
    /// Connects to any: for hosts that an operator names. A connection of this one is never used by the other.
    any: OnceLock<Client>,
}

impl HttpEndpoints {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn client(&self, public_only: bool) -> Result<&Client, HttpRefusal> {
        let kept = if public_only { &self.public } else { &self.any };
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
        let client = builder.build().map_err(|error| HttpRefusal::Socket(format!("no client can be made: {error}")))?;
        Ok(kept.get_or_init(|| client))
    }

    async fn send(&self, call: HttpCall) -> Result<HttpReply, HttpRefusal> {
        let host = call.url.host_str().unwrap_or_default().to_owned();
        // An address in place of a name is looked up by nobody.
        let address = match call.url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        if call.public_only && address.is_some_and(|address| !is_public(address)) {
            return Err(HttpRefusal::PrivateAddress(host));
        }
        let malformed = |what: &str| HttpRefusal::Malformed(what.to_owned());
        let method = Method::from_bytes(call.method.as_bytes()).map_err(|_| malformed("the method is none"))?;
        let client = self.client(call.public_only)?;
        let mut headers = headers(call.headers)?;
        // What the workflow's author says goes before.
        if let (Entry::Vacant(vacant), Some(trace)) = (headers.entry("traceparent"), trace::current())
            && let Ok(value) = HeaderValue::try_from(trace.to_string())
        {
            vacant.insert(value);
        }
        let mut request = client.request(method, call.url).headers(headers);
        if let Some(body) = call.body {
            request = request.body(body);
        }
        let response = request.send().await.map_err(|error| refusal(&error, &host))?;
        let status = response.status().as_u16();
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let headers = headers.collect();
        Ok(HttpReply { status, headers, body: read(response, call.reply_bytes_max, &host).await? })
    }
}

#[async_trait]
impl HttpCaller for HttpEndpoints {
    async fn http_call(&self, call: HttpCall) -> Result<HttpReply, HttpRefusal> {
        let time = call.time;
        timeout(time, self.send(call)).await.unwrap_or(Err(HttpRefusal::NoAnswer(time)))
    }
}

fn headers(given: Vec<(String, String)>) -> Result<HeaderMap, HttpRefusal> {
    let mut headers = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        let key = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| HttpRefusal::Malformed(format!("'{name}' is no name of a header")))?;
        // Not the value: it may be secret.
        let value = HeaderValue::from_str(&value)
            .map_err(|_| HttpRefusal::Malformed(format!("the value of the header '{name}' is none")))?;
        headers.append(key, value);
    }
    Ok(headers)
}

async fn read(mut response: Response, most: usize, host: &str) -> Result<Bytes, HttpRefusal> {
    let mut body = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(|error| refusal(&error, host))? {
        if body.len() + piece.len() > most {
            return Err(HttpRefusal::TooLarge(most));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// The innermost cause says what happened; the others name the URL, whose query may be secret.
fn refusal(error: &reqwest::Error, host: &str) -> HttpRefusal {
    let mut cause: &(dyn Error + 'static) = error;
    while let Some(inner) = cause.source() {
        if inner.is::<NoPublicAddress>() {
            return HttpRefusal::PrivateAddress(host.to_owned());
        }
        cause = inner;
    }
    if cause.is::<reqwest::Error>() {
        return HttpRefusal::Socket(format!("the request to {host} failed"));
    }
    HttpRefusal::Socket(format!("the request to {host} failed: {cause}"))
}
