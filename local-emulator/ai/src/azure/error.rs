//! Azure's errors: those of its gateway are `{"error": {"code", "message"}}`, those of the model are OpenAI's.

use serde_json::json;

use crate::app::Call;
use crate::failure::Failure;
use crate::openai;
use crate::reply::Reply;

/// Codes that Azure's gateway gives, not the model.
const GATEWAY_CODES: &[&str] =
    &["401", "402", "403", "404", "413", "429", "DeploymentNotFound", "InternalServerError", "ServiceUnavailable"];

pub(crate) fn fail(call: &Call<'_>, failure: &Failure) -> Reply {
    // The headers are those that OpenAI's failures have, as Azure writes them.
    let reply = openai::fail(call, failure);
    match &failure.code {
        Some(code) if GATEWAY_CODES.contains(&code.as_str()) => {
            let body = json!({"error": {"code": code, "message": failure.message}});
            Reply { headers: reply.headers, ..Reply::json(failure.status, Default::default(), &body) }
        }
        _ => reply,
    }
}

pub(super) fn denied() -> Failure {
    Failure::new(
        401,
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an \
         active subscription and use a correct regional API endpoint for your resource.",
    )
    .code("401")
}

pub(crate) fn no_such_path() -> Failure {
    Failure::new(404, "Resource not found").code("404")
}

/// What Azure says with a status.
pub(crate) fn induced(status: u16) -> Failure {
    match status {
        401 => denied(),
        404 => no_such_path(),
        429 => Failure::new(
            429,
            "Requests to the ChatCompletions_Create Operation under Azure OpenAI API have exceeded call rate limit of your \
             current OpenAI S0 pricing tier. Please retry after 1 second.",
        )
        .code("429"),
        503 => Failure::new(503, "The service is temporarily unable to process your request. Please try again later.")
            .code("ServiceUnavailable"),
        500.. => Failure::new(status, "The server had an error while processing your request. Sorry about that!")
            .code("InternalServerError"),
        402 | 403 | 413 => Failure::new(status, "The request was refused.").code(status.to_string()),
        _ => Failure::new(status, format!("The request was refused with status {status}.")),
    }
}
