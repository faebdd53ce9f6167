//! Ends a substitution.

use crate::caller::ADMIN;
use crate::{ApprovalsFault, Deps};
use http::StatusCode;
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Request, Response};
use std::sync::Arc;
use uuid::Uuid;

/// Ends a substitution of your own; an administrator anybody's. What was decided by it stays decided.
#[utoipa::path(
    delete, path = "/v1/substitutions/{id}", tag = "approvals", operation_id = "substitution_delete",
    params(("id" = String, Path, format = Uuid, description = "The substitution")),
    responses(
        (status = 204, description = "It is over"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None of yours"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let id: Uuid = request.param("id").map_err(|_| EdgeFault::malformed("path:id", "expected a UUID"))?;
    let found = deps.approvals.substitution_get(&principal.tenant, id).await?;
    let own = found.filter(|found| found.user == principal.user || principal.has_role(ADMIN));
    if own.is_none() || !deps.approvals.substitution_delete(&principal.tenant, id).await? {
        return Err(ApprovalsFault::NoSubstitution.into());
    }
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
