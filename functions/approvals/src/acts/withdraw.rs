//! Takes an approval back.

use super::input::{act, optional};
use crate::Deps;
use crate::view::ApprovalView;
use octavo_domain_approvals::Action;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use serde::Deserialize;
use std::sync::Arc;

/// Why it is taken back.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawalInput {
    /// At most 4,000 characters.
    #[schema(max_length = 4000)]
    comment: Option<String>,
}

/// Takes an approval back: its requester, for whom it was asked, or an administrator. The workflow goes on with `WITHDRAWN`.
#[utoipa::path(
    post, path = "/v1/approvals/{id}/withdraw", tag = "approvals", operation_id = "approval_withdraw",
    params(("id" = String, Path, format = Uuid, description = "The approval", example = "5f1e3a9c-2b4d-8c6e-9f70-a1b2c3d4e5f6")),
    request_body = WithdrawalInput,
    responses(
        (status = 200, body = ApprovalView),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not yours to take back"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may see"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "It has ended"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let WithdrawalInput { comment } = optional(&request)?;
    act(&deps, &request, &Action::Withdraw { comment }).await
}
