//! The gateway's own refusals, as problem documents (RFC 9457).

use super::code;
use crate::{Body, full};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::json;

/// Why the gateway answers itself.
pub(super) enum Problem {
    /// The body, or the event that it would become, is over Lambda's limit.
    TooLarge { limit: usize },
    /// The body ended early.
    Broken,
    /// The path has other methods.
    MethodNotAllowed { allow: String },
    /// The function failed.
    Failed { error: String },
    /// The function did not answer in time.
    TimedOut,
    /// Too many invocations wait.
    Throttled,
    /// The gateway is stopping.
    Stopping,
    /// What the function answered is no HTTP answer.
    BadAnswer { reason: String },
}

impl Problem {
    pub(super) fn into_response(self, request_id: &str) -> Response<Body> {
        let (status, code, detail) = match &self {
            Self::TooLarge { limit } => (
                StatusCode::PAYLOAD_TOO_LARGE,
                code::TOO_LARGE,
                format!(
                    "expected a request that is at most {limit} bytes as an event, where a binary body counts four thirds"
                ),
            ),
            Self::Broken => {
                (StatusCode::BAD_REQUEST, code::BROKEN, "the body ended before its announced end".to_owned())
            }
            Self::MethodNotAllowed { allow } => {
                (StatusCode::METHOD_NOT_ALLOWED, code::METHOD, format!("this path takes {allow}"))
            }
            Self::Failed { error } => (StatusCode::BAD_GATEWAY, code::FAILED, error.clone()),
            Self::TimedOut => (
                StatusCode::GATEWAY_TIMEOUT,
                code::TIMED_OUT,
                "whether the request took effect is not known".to_owned(),
            ),
            Self::Throttled => (
                StatusCode::SERVICE_UNAVAILABLE,
                code::THROTTLED,
                "every sandbox of the function is busy and too many requests wait; try again shortly".to_owned(),
            ),
            Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, code::STOPPING, "try again shortly".to_owned()),
            Self::BadAnswer { reason } => (StatusCode::BAD_GATEWAY, code::BAD_ANSWER, reason.clone()),
        };
        let body = json!({
            "type": format!("/errors/{}", code.name), "title": code.title, "status": status.as_u16(), "detail": detail,
            "code": code.name, "request_id": request_id,
        });
        let mut response = Response::new(full(body.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Self::MethodNotAllowed { allow } = &self
            && let Ok(allow) = HeaderValue::from_str(allow)
        {
            headers.insert(hyper::header::ALLOW, allow);
        }
        response
    }
}
