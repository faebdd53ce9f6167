//! OpenAI's Chat Completions: `POST /v1/chat/completions`.

use crate::Deps;
use crate::gateway::{Ask, answer};
use octavo_domain_ai::wire::Dialect;
use octavo_wiring_edge::{Problem, Request, Response};
use std::sync::Arc;

/// Answer a conversation (OpenAI Chat Completions)
///
/// As OpenAI's own endpoint, for its SDKs; whichever provider answers. `model` is a tier (`fast`, `standard`, `best`), a
/// family, an exact name, or any of these at one provider (`azure/gpt-4.1`). `X-Octavo-Cache` in the request may be
/// `off`, `refresh` or `no-tool-calls`; in the answer it says `hit`, `miss`, `coalesced` or `bypass`.
#[utoipa::path(
    post, path = "/v1/chat/completions", tag = "ai", operation_id = "chat_completions",
    request_body(content = serde_json::Value, description = "OpenAI's request"),
    params(
        ("X-Octavo-Cache" = Option<String>, Header, description = "off, refresh or no-tool-calls"),
        ("X-Octavo-Cache-TTL" = Option<u64>, Header, description = "Seconds that the answer may be kept"),
        ("X-Octavo-Feature" = Option<String>, Header, description = "What the call is for, in the ledger"),
        ("X-Octavo-Timeout-Ms" = Option<u64>, Header, description = "How long the caller waits"),
    ),
    responses(
        (status = 200, description = "OpenAI's answer, or an event stream of its chunks", body = serde_json::Value),
        (status = 429, description = "Over a rate (AI_0009) or a budget (AI_0010), in OpenAI's form", body = serde_json::Value),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let ask = Ask::read(&request, Dialect::Chat, "chat", deps.options.timeouts.total)?;
    Ok(answer(&deps, ask).await?)
}
