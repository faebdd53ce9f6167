//! Deletes an access key.

use crate::caller::Caller;
use crate::{Deps, WorkflowFault};
use http::StatusCode;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Deletes an access key: one's own; an administrator any of the tenant. It signs nothing more after at most 10 seconds.
#[utoipa::path(
    delete, path = "/v1/access-keys/{id}", tag = "workflows", operation_id = "access_key_delete",
    params(("id" = String, Path, description = "The key's id", example = "AKIAQ3EGRRBUHDXTCIAW")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is none, or it is somebody else's (WORKFLOW_0006)"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let caller = Caller::new(request.principal()?.clone(), &deps.region);
    let id: String = request.param("id")?;
    let user = (!caller.is_admin()).then(|| caller.user());
    if !deps.access_keys.access_key_delete(caller.tenant(), user, &id).await? {
        return Err(WorkflowFault::NoAccessKey.into());
    }
    deps.memory.keys.forget(&id);
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
