//! `GET /v1/ai/calls/{id}/transcript`: what was asked and answered, where the policy has it kept.

use super::only_admin;
use crate::gateway::{TRANSCRIPT_PURPOSE, Transcript};
use crate::{AiFault, Deps};
use http::{StatusCode, header};
use octavo_domain_kernel::PortError;
use octavo_wiring_edge::{Problem, Request, Response};
use std::sync::Arc;
use uuid::Uuid;

/// Read a call in full
///
/// The prompt as it left (after redaction) and the answer as it arrived; only where the policy's `safety.audit` was
/// `full` when the call was made. For administrators.
#[utoipa::path(
    get, path = "/v1/ai/calls/{id}/transcript", tag = "ai", operation_id = "ai_call_transcript",
    params(("id" = Uuid, Path, description = "The call's id")),
    responses(
        (status = 200, description = "`{\"prompt\": ..., \"answer\": \"...\"}`", body = serde_json::Value),
        (status = 404, description = "None was kept (AI_0014)"),
    ),
    security(("token" = []))
)]
pub(crate) async fn transcript(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let id: Uuid = request.param("id")?;
    let sealed = deps.transcripts.transcript_get(&principal.tenant, id).await?;
    let sealed = sealed.ok_or(AiFault::NotFound { what: "transcript" })?;
    let plain = deps.sealer.open(&principal.tenant, TRANSCRIPT_PURPOSE, &sealed)?;
    let transcript: Transcript = serde_json::from_slice(&plain).map_err(PortError::corrupt)?;
    Ok(Response::json(StatusCode::OK, &transcript)
        .with(header::CACHE_CONTROL, http::HeaderValue::from_static("private, no-store")))
}
