//! Anthropic's error object: `{"type": "error", "error": {"type", "message"}, "request_id"}`.

use bytes::Bytes;
use serde_json::{Value, json};

use super::headers;
use crate::app::Call;
use crate::failure::Failure;
use crate::reply::{Events, Reply, Usage};

pub(crate) fn fail(call: &Call<'_>, failure: &Failure) -> Reply {
    let headers = headers::of(call, Usage::default(), failure.status == 429);
    Reply::json(failure.status, headers, &body(call, kind(failure.status), &failure.message))
}

fn body(call: &Call<'_>, kind: &str, message: &str) -> Value {
    json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": headers::request_id(call)})
}

fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

/// What Anthropic says with a status.
pub(crate) fn induced(status: u16) -> Failure {
    let message = match status {
        401 => "invalid x-api-key",
        402 => {
            "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."
        }
        403 => "Your API key does not have permission to use the specified resource.",
        404 => "The requested resource could not be found.",
        413 => "Request exceeds the maximum size",
        429 => "This request would exceed your organization's rate limit of 4,000 requests per minute.",
        504 => "The request timed out while processing.",
        529 => "Overloaded",
        500.. => "Internal server error",
        _ => "The request was refused.",
    };
    Failure::new(status, message)
}

pub(crate) fn no_such_path(is_known: bool) -> Failure {
    if is_known { Failure::new(405, "Method Not Allowed") } else { Failure::new(404, "Not found") }
}

/// An error inside a stream.
pub(crate) fn error_event(call: &Call<'_>) -> Bytes {
    let mut events = Events::default();
    events.named("error", &body(call, "overloaded_error", "Overloaded"));
    events.finish().swap_remove(0)
}
