//! Anthropic's Messages: `POST /v1/messages` and `POST /v1/messages/count_tokens`.

use crate::gateway::{Ask, answer};
use crate::{AiFault, Deps};
use http::StatusCode;
use octavo_domain_ai::tokens;
use octavo_domain_ai::wire::{Dialect, messages};
use octavo_wiring_edge::{EdgeFault, Problem, Request, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// Answer a conversation (Anthropic Messages)
///
/// As Anthropic's own endpoint, for its SDKs; whichever provider answers. The key may come as `x-api-key` or as a bearer
/// token.
#[utoipa::path(
    post, path = "/v1/messages", tag = "ai", operation_id = "messages",
    request_body(content = Value, description = "Anthropic's request"),
    responses(
        (status = 200, description = "Anthropic's answer, or an event stream", body = Value),
        (status = 429, description = "Over a rate (AI_0009) or a budget (AI_0010), in Anthropic's form", body = Value),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let ask = Ask::read(&request, Dialect::Messages, "messages", deps.options.timeouts.total)?;
    Ok(answer(&deps, ask).await?)
}

/// Count the tokens of a prompt (Anthropic)
///
/// An estimate, made here without asking a provider: it errs upwards, by up to a third.
#[utoipa::path(
    post, path = "/v1/messages/count_tokens", tag = "ai", operation_id = "messages_count_tokens",
    request_body(content = Value, description = "Anthropic's request"),
    responses((status = 200, description = "`{\"input_tokens\": 12}`", body = Value)),
    security(("token" = []))
)]
pub(crate) async fn count_tokens(_: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let Value::Object(body) = request.json::<Value>()? else {
        return Err(EdgeFault::invalid("body", "expected a JSON object").into());
    };
    let decoded = messages::count_request(&body).map_err(AiFault::Invalid)?;
    let input_tokens = tokens::estimate_prompt(&decoded.prompt);
    Ok(Response::json(StatusCode::OK, &json!({ "input_tokens": input_tokens })))
}
