//! OpenAI's Embeddings: `POST /v1/embeddings`.

use crate::Deps;
use crate::gateway::{Ask, answer_prepared, prepare_embedding};
use octavo_domain_ai::wire::Dialect;
use octavo_wiring_edge::{Problem, Request, Response};
use std::sync::Arc;

/// Turn texts into vectors (OpenAI Embeddings)
///
/// As OpenAI's own endpoint, for its SDKs.
#[utoipa::path(
    post, path = "/v1/embeddings", tag = "ai", operation_id = "embeddings",
    request_body(content = serde_json::Value, description = "OpenAI's request"),
    responses((status = 200, description = "OpenAI's answer", body = serde_json::Value)),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let mut ask = Ask::read(&request, Dialect::Chat, "embeddings", deps.options.timeouts.total)?;
    let prepared = prepare_embedding(&deps, &mut ask).await?;
    Ok(answer_prepared(&deps, ask, prepared).await?)
}
