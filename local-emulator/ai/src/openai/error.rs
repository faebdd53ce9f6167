//! OpenAI's error object: `{"error": {"message", "type", "param", "code"}}`.

use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};

use super::headers;
use crate::app::Call;
use crate::failure::Failure;
use crate::reply::{Events, Reply, Usage};

const SERVER_ERROR: &str = "The server had an error while processing your request. Sorry about that!";

pub(crate) fn fail(call: &Call<'_>, failure: &Failure) -> Reply {
    let headers = headers::of(call, Usage::default(), failure.status == 429);
    Reply::json(failure.status, headers, &body(failure))
}

pub(crate) fn body(failure: &Failure) -> Value {
    let kind = match (failure.status, failure.code.as_deref()) {
        (_, Some("insufficient_quota")) | (402, _) => "insufficient_quota",
        (403, Some("unsupported_country_region_territory")) => "request_forbidden",
        (429, _) => "requests",
        (500.., _) => "server_error",
        _ => "invalid_request_error",
    };
    json!({"error": {"message": failure.message, "type": kind, "param": failure.param, "code": failure.code}})
}

/// What OpenAI says with a status.
pub(crate) fn induced(call: &Call<'_>, status: u16) -> Failure {
    let failure = |message: String| Failure::new(status, message);
    match status {
        401 => failure("Incorrect API key provided: ***. You can find your API key at https://platform.openai.com/account/api-keys.".into())
            .code("invalid_api_key"),
        402 => failure("You exceeded your current quota, please check your plan and billing details.".into())
            .code("insufficient_quota"),
        403 => failure("Country, region, or territory not supported".into()).code("unsupported_country_region_territory"),
        404 => missing_model(call.model),
        413 => failure("The request body is too large.".into()),
        429 => failure(format!(
            "Rate limit reached for {} in organization {} on requests per min (RPM): Limit {limit}, Used {limit}, \
             Requested 1. Please try again in 120ms. Visit https://platform.openai.com/account/rate-limits to learn more.",
            call.model,
            headers::ORGANIZATION,
            limit = headers::REQUESTS_PER_MINUTE
        ))
        .code("rate_limit_exceeded"),
        503 => failure("The engine is currently overloaded, please try again later".into()),
        500.. => failure(SERVER_ERROR.into()),
        _ => failure(format!("The request was refused with status {status}.")),
    }
}

pub(super) fn missing_model(model: &str) -> Failure {
    Failure::new(404, format!("The model `{model}` does not exist or you do not have access to it."))
        .code("model_not_found")
}

/// What a path or a method that does not exist gets; `path` begins with `/v1`.
pub(crate) fn no_such_path(method: &Method, path: &str, is_known: bool) -> Failure {
    if is_known {
        let message =
            format!("Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)");
        return Failure::new(405, message).code("method_not_supported");
    }
    Failure::new(404, format!("Invalid URL ({method} {path})"))
}

/// An error inside a chat stream.
pub(crate) fn error_event() -> Bytes {
    one(|events| {
        events.data(&json!({"error": {"message": SERVER_ERROR, "type": "server_error", "param": null, "code": null}}));
    })
}

/// An error inside a stream of the Responses API, as its event number `sequence`.
pub(crate) fn responses_error_event(sequence: usize) -> Bytes {
    let error = json!({
        "type": "error", "code": "server_error", "message": SERVER_ERROR, "param": null, "sequence_number": sequence
    });
    one(|events| events.named("error", &error))
}

fn one(write: impl FnOnce(&mut Events)) -> Bytes {
    let mut events = Events::default();
    write(&mut events);
    events.finish().swap_remove(0)
}
