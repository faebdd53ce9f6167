//! Deletes a connection.

use super::view::operator;
use crate::{Deps, WorkflowFault};
use http::StatusCode;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Deletes a connection. Tasks that name it fail from then on.
#[utoipa::path(
    delete, path = "/v1/workflow-connections/{name}", tag = "workflows", operation_id = "workflow_connection_delete",
    params(("name" = String, Path, description = "Its name")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "For the role workflows or admin"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is none (WORKFLOW_0008)"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let caller = operator(&deps, &request)?;
    let name: String = request.param("name")?;
    if !deps.connections.connection_delete(caller.tenant(), &name).await? {
        return Err(WorkflowFault::NoConnection.into());
    }
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
