//! OpenAI's Responses: `POST /v1/responses`.

use crate::Deps;
use crate::gateway::{Ask, answer};
use octavo_domain_ai::wire::Dialect;
use octavo_wiring_edge::{Problem, Request, Response};
use std::sync::Arc;

/// Answer a conversation (OpenAI Responses)
///
/// As OpenAI's own endpoint, for its SDKs; whichever provider answers. The platform keeps no conversations:
/// `previous_response_id` and `background` are refused, and `store` is answered with false.
#[utoipa::path(
    post, path = "/v1/responses", tag = "ai", operation_id = "responses",
    request_body(content = serde_json::Value, description = "OpenAI's request"),
    responses(
        (status = 200, description = "OpenAI's answer, or an event stream", body = serde_json::Value),
        (status = 429, description = "Over a rate (AI_0009) or a budget (AI_0010), in OpenAI's form", body = serde_json::Value),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let ask = Ask::read(&request, Dialect::Responses, "responses", deps.options.timeouts.total)?;
    Ok(answer(&deps, ask).await?)
}
