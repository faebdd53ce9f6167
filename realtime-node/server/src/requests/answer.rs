//! Answers, as clients of the protocol expect them.

use crate::{Body, Refusal};
use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, EXPIRES, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};

/// Seconds after which a client that was refused for want of room may try again.
const RETRY_AFTER_SECONDS: &str = "2";

/// An answer that nobody keeps.
fn answer(status: StatusCode, kind: Option<&'static str>, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(EXPIRES, HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"));
    if let Some(kind) = kind {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    response
}

/// Of a kind.
pub(crate) fn of_kind(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    answer(status, Some(kind), body.into())
}

/// Without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    answer(status, None, Body::default())
}

/// For a person to read.
pub(crate) fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    of_kind(status, "text/plain", Bytes::from_static(text.as_bytes()))
}

pub(crate) fn json(status: StatusCode, body: Bytes) -> Response<Body> {
    of_kind(status, "application/json", body)
}

pub(crate) fn method_not_allowed(allowed: &'static str) -> Response<Body> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "not with this method");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// What becomes of a refusal.
pub(crate) fn refused(refusal: Refusal) -> Response<Body> {
    let (status, words) = match refusal {
        Refusal::Unauthenticated => (StatusCode::UNAUTHORIZED, "a token that is accepted is needed"),
        Refusal::TokensUnchecked => (StatusCode::SERVICE_UNAVAILABLE, "tokens cannot be checked now"),
        Refusal::Origin => (StatusCode::FORBIDDEN, "pages of this origin may not connect"),
        Refusal::Unknown => (StatusCode::NOT_FOUND, "No Connection with that ID"),
        Refusal::Transport => (StatusCode::BAD_REQUEST, "against the rules of the transports"),
        Refusal::Full => (StatusCode::SERVICE_UNAVAILABLE, "the node is full"),
        Refusal::Pending => (StatusCode::SERVICE_UNAVAILABLE, "too many connections are beginning"),
        Refusal::Address => (StatusCode::TOO_MANY_REQUESTS, "too many connections from this address"),
        Refusal::Draining => (StatusCode::SERVICE_UNAVAILABLE, "the node takes nobody any more"),
    };
    let mut response = text(status, words);
    match refusal {
        Refusal::Unauthenticated => {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Refusal::TokensUnchecked | Refusal::Full | Refusal::Pending | Refusal::Address | Refusal::Draining => {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        Refusal::Origin | Refusal::Unknown | Refusal::Transport => {}
    }
    response
}
