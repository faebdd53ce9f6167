//! Decides a seat.

use super::input::{act, key};
use crate::Deps;
use crate::view::ApprovalView;
use octavo_domain_approvals::{Action, Verdict};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A decision.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionInput {
    /// Which seat; the first that you may decide, if none is said.
    seat: Option<u32>,
    /// `approve`, `reject` or `request_changes`.
    verdict: Verdict,
    /// Why: at most 4,000 characters; needed to reject and to request changes.
    #[schema(max_length = 4000)]
    comment: Option<String>,
    /// The approval's form, filled in: checked where it is approved.
    #[serde(default)]
    #[schema(value_type = Object)]
    answers: Map<String, Value>,
    /// The version of the document that you looked at: needed where the approval is about one.
    #[schema(example = 3)]
    document_version: Option<u32>,
}

/// Decides a seat: for yourself, or for whoever handed it on to you or is substituted by you.
///
/// The same decision sent again is the same decision; with an `Idempotency-Key` too. Another one is refused.
#[utoipa::path(
    post, path = "/v1/approvals/{id}/decision", tag = "approvals", operation_id = "approval_decide",
    params(
        ("id" = String, Path, format = Uuid, description = "The approval", example = "5f1e3a9c-2b4d-8c6e-9f70-a1b2c3d4e5f6"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this decision; 1 to 255 characters"),
    ),
    request_body = DecisionInput,
    responses(
        (status = 200, body = ApprovalView),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "No seat for you, or your own request"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may see"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "Claimed or decided, ended, or about another version"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let DecisionInput { seat, verdict, comment, answers, document_version } = request.json()?;
    let action = Action::Decide { seat, verdict, comment, answers, document_version, key: key(&request)? };
    act(&deps, &request, &action).await
}
