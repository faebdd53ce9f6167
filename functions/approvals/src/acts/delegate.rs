//! Hands a seat on.

use super::input::act;
use crate::Deps;
use crate::view::ApprovalView;
use octavo_domain_approvals::Action;
use octavo_domain_kernel::UserId;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use serde::Deserialize;
use std::sync::Arc;

/// To whom a seat is handed on.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DelegationInput {
    /// Which seat; the first of yours, if none is said.
    seat: Option<u32>,
    /// To whom. Nobody who is excluded from deciding, and nobody who has decided in the stage.
    #[schema(value_type = String, example = "bob")]
    to: UserId,
    /// Why: at most 4,000 characters.
    #[schema(max_length = 4000)]
    comment: Option<String>,
}

/// Hands a seat on to somebody else, who decides it for you. At most five times a seat. Administrators may hand on any.
#[utoipa::path(
    post, path = "/v1/approvals/{id}/delegate", tag = "approvals", operation_id = "approval_delegate",
    params(("id" = String, Path, format = Uuid, description = "The approval", example = "5f1e3a9c-2b4d-8c6e-9f70-a1b2c3d4e5f6")),
    request_body = DelegationInput,
    responses(
        (status = 200, body = ApprovalView),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "No seat of yours, or one that is excluded"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may see"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "Claimed or decided, or the approval has ended"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let DelegationInput { seat, to, comment } = request.json()?;
    act(&deps, &request, &Action::Delegate { seat, to, comment }).await
}
