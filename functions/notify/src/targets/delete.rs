//! Deletes a target.

use crate::caller::only_admin;
use crate::{Deps, NotifyFault};
use http::StatusCode;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Deletes a target
///
/// For administrators. What waits for it is dropped.
#[utoipa::path(
    delete, path = "/v1/notification-targets/{name}", tag = "notifications", operation_id = "notification_target_delete",
    params(("name" = String, Path, description = "Its name", example = "crm")),
    responses(
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 204, description = "It is gone"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is none"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let name: String = request.param("name")?;
    if !deps.store.target_delete(&principal.tenant, &name).await? {
        return Err(NotifyFault::NotFound { what: "target" }.into());
    }
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
