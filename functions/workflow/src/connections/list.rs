//! Lists connections.

use super::view::{ConnectionList, ConnectionView, operator};
use crate::Deps;
use http::StatusCode;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Lists the tenant's connections, by their names, without their values.
#[utoipa::path(
    get, path = "/v1/workflow-connections", tag = "workflows", operation_id = "workflow_connection_list",
    responses(
        (status = 200, body = ConnectionList),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "For the role workflows or admin"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let caller = operator(&deps, &request)?;
    let all = deps.connections.connection_list(caller.tenant()).await?;
    let list = ConnectionList { connections: all.into_iter().map(ConnectionView::from).collect() };
    Ok(Response::json(StatusCode::OK, &list))
}
