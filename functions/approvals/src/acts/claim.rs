//! Makes a seat one's own.

use super::input::{SeatInput, act, optional};
use crate::Deps;
use crate::view::ApprovalView;
use octavo_domain_approvals::Action;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Claims a seat: nobody else decides it until you release it. Claiming it again changes nothing.
#[utoipa::path(
    post, path = "/v1/approvals/{id}/claim", tag = "approvals", operation_id = "approval_claim",
    params(("id" = String, Path, format = Uuid, description = "The approval", example = "5f1e3a9c-2b4d-8c6e-9f70-a1b2c3d4e5f6")),
    request_body = SeatInput,
    responses(
        (status = 200, body = ApprovalView),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "No seat for you to take"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may see"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "Claimed or decided, or the approval has ended"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let SeatInput { seat } = optional(&request)?;
    act(&deps, &request, &Action::Claim { seat }).await
}
