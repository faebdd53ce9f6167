//! Shows a connection.

use super::view::{ConnectionView, operator};
use crate::{Deps, WorkflowFault};
use http::StatusCode;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Shows a connection, without its value.
#[utoipa::path(
    get, path = "/v1/workflow-connections/{name}", tag = "workflows", operation_id = "workflow_connection_get",
    params(("name" = String, Path, description = "Its name")),
    responses(
        (status = 200, body = ConnectionView),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "For the role workflows or admin"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is none (WORKFLOW_0008)"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let caller = operator(&deps, &request)?;
    let name: String = request.param("name")?;
    // There are few: one statement for both is enough.
    let all = deps.connections.connection_list(caller.tenant()).await?;
    let found = all.into_iter().find(|connection| connection.name == name).ok_or(WorkflowFault::NoConnection)?;
    Ok(Response::json(StatusCode::OK, &ConnectionView::from(found)))
}
