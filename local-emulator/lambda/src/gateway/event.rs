//! A request as an event: API Gateway HTTP API, payload format 2.0.

use crate::clock::now;
use base64::display::Base64Display;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::http::request::Parts;
use matchit::Params;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::borrow::Cow;
use std::net::SocketAddr;

/// Bytes of an event besides its body, headers and path: what is made room for at once.
const FRAME_BYTES: usize = 2048;
/// What the gateway says of a request itself, whatever the client says.
const OWN_HEADERS: [&str; 3] = ["x-amzn-trace-id", "x-forwarded-for", "x-forwarded-proto"];

/// What the gateway knows of a request beside itself.
pub(super) struct Context<'a> {
    pub(super) request_id: &'a str,
    pub(super) trace_id: &'a str,
    pub(super) account: &'a str,
    pub(super) route: &'a str,
    pub(super) params: Params<'a, 'a>,
    pub(super) peer: SocketAddr,
}

/// The event of a request: written in one go, the body from where it lies.
pub(super) fn event(parts: &Parts, body: &Bytes, context: &Context<'_>) -> Vec<u8> {
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    let query = parts.uri.query().unwrap_or_default();
    let text = |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    let at = now();
    let as_text = std::str::from_utf8(body).ok().filter(|_| is_text(text(CONTENT_TYPE)));
    let route = format!("{method} {}", context.route);
    let source = context.peer.ip().to_string();
    let event = Event {
        version: "2.0",
        route_key: &route,
        raw_path: path,
        raw_query_string: query,
        cookies: cookies(&parts.headers),
        headers: Headers { given: &parts.headers, own: [context.trace_id, &source, "http"] },
        query_string_parameters: Parameters(parameters(query)),
        request_context: RequestContext {
            account_id: context.account,
            api_id: "octavo",
            domain_name: text(HOST),
            domain_prefix: "octavo",
            http: Http { method, path, protocol: "HTTP/1.1", source_ip: &source, user_agent: text(USER_AGENT) },
            request_id: context.request_id,
            route_key: &route,
            stage: "$default",
            time: at,
            time_epoch: at.timestamp_millis(),
        },
        path_parameters: Parameters(
            context
                .params
                .iter()
                .map(|(name, value)| (name.into(), percent_decode_str(value).decode_utf8_lossy()))
                .collect(),
        ),
        is_base64_encoded: as_text.is_none() && !body.is_empty(),
        body: match as_text {
            _ if body.is_empty() => Body::None,
            Some(text) => Body::Text(text),
            None => Body::Binary(body),
        },
    };
    // Base64 takes four thirds; text grows by its quotes and line ends.
    let mut written = Vec::with_capacity(FRAME_BYTES + body.len() + body.len() / 3);
    match serde_json::to_writer(&mut written, &event) {
        Ok(()) => written,
        // Text and numbers into memory: there is nothing that could fail.
        Err(_) => Vec::new(),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    version: &'static str,
    route_key: &'a str,
    raw_path: &'a str,
    raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<&'a str>,
    headers: Headers<'a>,
    #[serde(skip_serializing_if = "Parameters::is_empty")]
    query_string_parameters: Parameters<'a>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "Parameters::is_empty")]
    path_parameters: Parameters<'a>,
    #[serde(skip_serializing_if = "Body::is_none")]
    body: Body<'a>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    account_id: &'a str,
    api_id: &'static str,
    domain_name: &'a str,
    domain_prefix: &'static str,
    http: Http<'a>,
    request_id: &'a str,
    route_key: &'a str,
    stage: &'static str,
    #[serde(serialize_with = "common_log_time")]
    time: DateTime<Utc>,
    time_epoch: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    method: &'a str,
    path: &'a str,
    protocol: &'static str,
    source_ip: &'a str,
    user_agent: &'a str,
}

fn common_log_time<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&time.format("%d/%b/%Y:%H:%M:%S %z"))
}

enum Body<'a> {
    None,
    Text(&'a str),
    Binary(&'a [u8]),
}

impl Body<'_> {
    fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Binary(bytes) => serializer.collect_str(&Base64Display::new(bytes, &BASE64_STANDARD)),
        }
    }
}

/// Names in lower case; several values of one name joined by commas. Bytes that are no UTF-8 are replaced.
struct Headers<'a> {
    given: &'a HeaderMap,
    /// The values of [`OWN_HEADERS`].
    own: [&'a str; 3],
}

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let is_own = |name: &HeaderName| name == COOKIE || OWN_HEADERS.contains(&name.as_str());
        for name in self.given.keys().filter(|name| !is_own(name)) {
            let mut values = self.given.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
            let mut joined = values.next().unwrap_or_default();
            for value in values {
                joined = format!("{joined},{value}").into();
            }
            map.serialize_entry(name.as_str(), &joined)?;
        }
        for (name, value) in OWN_HEADERS.iter().zip(self.own) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl Parameters<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Parameters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

fn cookies(headers: &HeaderMap) -> Vec<&str> {
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).map(str::trim).filter(|cookie| !cookie.is_empty()).collect()
}

/// Decoded; several values of one name joined by commas.
fn parameters(query: &str) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    let mut all: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (decode(name), decode(value));
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, before)) => *before = format!("{before},{value}").into(),
            None => all.push((name, value)),
        }
    }
    all
}

fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        return percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned().into();
    }
    percent_decode_str(text).decode_utf8_lossy()
}

/// Whether API Gateway hands a body of this type on as text.
fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || matches!(essence.as_str(), "application/json" | "application/javascript" | "application/xml")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
}
