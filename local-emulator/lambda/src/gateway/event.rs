//! A request as an event: API Gateway HTTP API, payload format 2.0.

use crate::clock::now;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, HeaderMap, USER_AGENT};
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use std::net::SocketAddr;

/// What the gateway knows of a request beside itself.
pub(super) struct Context<'a> {
    pub(super) request_id: &'a str,
    pub(super) trace_id: &'a str,
    pub(super) account: &'a str,
    pub(super) route: &'a str,
    pub(super) params: Vec<(String, String)>,
    pub(super) peer: SocketAddr,
}

/// The event of a request.
pub(super) fn event(parts: &Parts, body: &Bytes, context: &Context<'_>) -> Vec<u8> {
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    let query = parts.uri.query().unwrap_or_default();
    let text = |name| {
        parts.headers.get(name).and_then(|value: &hyper::header::HeaderValue| value.to_str().ok()).unwrap_or_default()
    };
    let at = now();
    let mut event = json!({
        "version": "2.0",
        "routeKey": format!("{method} {}", context.route),
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers(&parts.headers, context),
        "requestContext": {
            "accountId": context.account,
            "apiId": "octavo",
            "domainName": text(HOST),
            "domainPrefix": "octavo",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": context.peer.ip().to_string(),
                "userAgent": text(USER_AGENT),
            },
            "requestId": context.request_id,
            "routeKey": format!("{method} {}", context.route),
            "stage": "$default",
            "time": at.format("%d/%b/%Y:%H:%M:%S %z").to_string(),
            "timeEpoch": at.timestamp_millis(),
        },
        "isBase64Encoded": false,
    });
    let members = event.as_object_mut().expect("it was written as an object");
    let cookies = cookies(&parts.headers);
    if !cookies.is_empty() {
        members.insert("cookies".to_owned(), json!(cookies));
    }
    if !query.is_empty() {
        members.insert("queryStringParameters".to_owned(), Value::Object(parameters(query)));
    }
    if !context.params.is_empty() {
        let params: Map<String, Value> = context
            .params
            .iter()
            .map(|(name, value)| (name.clone(), json!(percent_decode_str(value).decode_utf8_lossy())))
            .collect();
        members.insert("pathParameters".to_owned(), Value::Object(params));
    }
    if !body.is_empty() {
        let body = match std::str::from_utf8(body).ok().filter(|_| is_text(text(CONTENT_TYPE))) {
            Some(text) => Value::String(text.to_owned()),
            None => {
                members.insert("isBase64Encoded".to_owned(), Value::Bool(true));
                Value::String(BASE64_STANDARD.encode(body))
            }
        };
        members.insert("body".to_owned(), body);
    }
    serde_json::to_vec(&event).unwrap_or_default()
}

/// Names in lower case; several values of one name joined by commas. Bytes that are no UTF-8 are replaced.
fn headers(headers: &HeaderMap, context: &Context<'_>) -> Map<String, Value> {
    let mut map = Map::new();
    for name in headers.keys().filter(|name| *name != COOKIE) {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        map.insert(name.as_str().to_owned(), json!(values.join(",")));
    }
    map.insert("x-amzn-trace-id".to_owned(), json!(context.trace_id));
    map.insert("x-forwarded-for".to_owned(), json!(context.peer.ip().to_string()));
    map.insert("x-forwarded-proto".to_owned(), json!("http"));
    map
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(';'))
        .map(|cookie| cookie.trim().to_owned())
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

/// Decoded; several values of one name joined by commas.
fn parameters(query: &str) -> Map<String, Value> {
    let mut map: Map<String, Value> = Map::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let (name, value) = (decode(name), decode(value));
        let joined = match map.get(&name).and_then(Value::as_str) {
            Some(before) => format!("{before},{value}"),
            None => value,
        };
        map.insert(name, Value::String(joined));
    }
    map
}

/// Whether API Gateway hands a body of this type on as text.
fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || matches!(essence.as_str(), "application/json" | "application/javascript" | "application/xml")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
}
