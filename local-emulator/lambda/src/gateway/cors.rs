//! Which pages of other origins may call, and read what.

use crate::{Body, Cors, full};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue,
    ORIGIN, VARY,
};
use hyper::{Method, Request, Response, StatusCode};

/// The answer to a preflight (Fetch standard, section 3.2.2); none if `request` is none.
pub(super) fn preflight<B>(cors: &Cors, request: &Request<B>) -> Option<Response<Body>> {
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(ORIGIN)
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !is_preflight {
        return None;
    }
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::NO_CONTENT;
    if let Some(origin) = allowed(cors, request.headers()) {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(headers, ACCESS_CONTROL_ALLOW_METHODS, &cors.allow_methods.join(", "));
        set(headers, ACCESS_CONTROL_ALLOW_HEADERS, &cors.allow_headers.join(", "));
        headers.insert(ACCESS_CONTROL_MAX_AGE, cors.max_age.as_secs().into());
    }
    response.headers_mut().append(VARY, HeaderValue::from_static("origin"));
    Some(response)
}

/// Adds to an answer what the asking page's browser needs to hand it over.
pub(super) fn decorate(cors: &Cors, asked: &HeaderMap, answer: &mut HeaderMap) {
    if !asked.contains_key(ORIGIN) || answer.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
        return;
    }
    if let Some(origin) = allowed(cors, asked) {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(answer, ACCESS_CONTROL_EXPOSE_HEADERS, &cors.expose_headers.join(", "));
    }
    answer.append(VARY, HeaderValue::from_static("origin"));
}

fn allowed(cors: &Cors, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(ORIGIN)?;
    if cors.allow_origins.iter().any(|allowed| allowed == "*") {
        return Some(HeaderValue::from_static("*"));
    }
    cors.allow_origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()).then(|| origin.clone())
}

fn set(headers: &mut HeaderMap, name: hyper::header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
