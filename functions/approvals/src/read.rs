//! Shows an approval.

use crate::Deps;
use crate::caller::Caller;
use crate::rules::{id, seen};
use crate::view::ApprovalView;
use http::StatusCode;
use octavo_domain_approvals::Via;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Shows an approval: its stages and seats, and what you may do.
///
/// For its requester, everybody who may decide or took part, and administrators.
#[utoipa::path(
    get, path = "/v1/approvals/{id}", tag = "approvals", operation_id = "approval_read",
    params(("id" = String, Path, format = Uuid, description = "The approval", example = "5f1e3a9c-2b4d-8c6e-9f70-a1b2c3d4e5f6")),
    responses(
        (status = 200, body = ApprovalView),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may see"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let caller = Caller::of(&deps, &request, Via::Api).await?;
    let approval = seen(&deps, &caller, id(&request)?).await?;
    Ok(Response::json(StatusCode::OK, &ApprovalView::of(&deps, &caller, &approval).await?))
}
