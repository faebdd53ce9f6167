//! Sets a connection.

use super::input::NewConnection;
use super::view::{ConnectionView, operator};
use crate::{Deps, WorkflowFault};
use http::StatusCode;
use octavo_domain_workflow::catalogue::{Connection, ConnectionPut, StoredConnection};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Sets a connection, over what was there under its name; its ARN stays. The value is kept sealed and never shown again.
///
/// Tasks use the new value with their next request. At most 200 for a tenant.
#[utoipa::path(
    put, path = "/v1/workflow-connections/{name}", tag = "workflows", operation_id = "workflow_connection_put",
    params(("name" = String, Path, description = "1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'")),
    request_body = NewConnection,
    responses(
        (status = 200, body = ConnectionView),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "For the role workflows or admin"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "The tenant has 200 (WORKFLOW_0009)"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let caller = operator(&deps, &request)?;
    let name: String = request.param("name")?;
    let checked = request.json::<NewConnection>()?.check(&name)?;
    let id = deps.ids.next();
    let connection = Connection {
        id,
        arn: caller.arns.connection(&name, id),
        name,
        header: checked.header,
        hosts: checked.hosts,
        updated_at: deps.clock.now(),
        updated_by: caller.user().clone(),
    };
    let stored = StoredConnection::seal(&*deps.sealer, caller.tenant(), connection, &checked.value);
    match deps.connections.connection_put(caller.tenant(), &stored).await? {
        ConnectionPut::Done(connection) => Ok(Response::json(StatusCode::OK, &ConnectionView::from(connection))),
        ConnectionPut::TooMany => Err(WorkflowFault::TooManyConnections.into()),
    }
}
