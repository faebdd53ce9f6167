//! Single connections. They live on one node: another one passes the request on to it.

use super::{Deps, authorise, send};
use crate::fault::RealtimeFault;
use http::StatusCode;
use octavo_domain_kernel::TenantId;
use octavo_domain_realtime::{Audience, Channel, Command, ConnectionId, Envelope, HubName};
use octavo_wiring_edge::{EdgeFault, Problem, Request, Response};
use realtime_node_server::{Caller, ClientFault};
use serde_json::{Value, json};
use std::sync::Arc;

/// A connection of this node, or the answer of the node that has it.
enum Found {
    Here(Caller),
    Answered(Response),
}

async fn find(deps: &Deps, tenant: &TenantId, hub: &HubName, request: &Request) -> Result<Found, Problem> {
    let id: ConnectionId = request.param("connection")?;
    if id.is_of(&deps.node) {
        let caller = deps.server.connection(id).filter(|caller| is_of(caller, tenant, hub));
        return Ok(Found::Here(caller.ok_or(RealtimeFault::NoConnection)?));
    }
    match deps.cluster.relay(&id.node(), request).await? {
        Some(answer) => Ok(Found::Answered(answer)),
        None => Err(RealtimeFault::NoConnection.into()),
    }
}

fn is_of(caller: &Caller, tenant: &TenantId, hub: &HubName) -> bool {
    caller.principal().tenant == *tenant && caller.hub() == hub
}

/// Has a command done for one connection of this node.
fn apply(deps: &Deps, tenant: &TenantId, hub: &HubName, command: Command) {
    let envelope = Envelope {
        origin: deps.node.clone(),
        tenant: tenant.clone(),
        hub: hub.to_string(),
        sent_at: deps.clock.now().timestamp_millis(),
        command,
    };
    deps.server.apply(&Channel::node(&deps.node), &envelope);
}

/// `HEAD /api/hubs/{hub}/connections/{connection}`.
pub(super) async fn exists(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    match find(&deps, &tenant, &hub, &request).await? {
        Found::Here(_) => Ok(Response::empty(StatusCode::OK)),
        Found::Answered(answer) => Ok(answer),
    }
}

/// `DELETE /api/hubs/{hub}/connections/{connection}`: it is closed.
pub(super) async fn close(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    match find(&deps, &tenant, &hub, &request).await? {
        Found::Here(caller) => {
            let reason = request.query.one("reason")?.map(str::to_owned);
            let command = Command::Close { reason, excluded: Vec::new(), connection: Some(caller.id()) };
            apply(&deps, &tenant, &hub, command);
            Ok(Response::empty(StatusCode::NO_CONTENT))
        }
        Found::Answered(answer) => Ok(answer),
    }
}

/// `POST /api/hubs/{hub}/connections/{connection}/:invoke`: the client's handler is called and its result is the answer.
pub(super) async fn invoke(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    match find(&deps, &tenant, &hub, &request).await? {
        Found::Here(caller) => {
            let call = send::call(&request)?;
            let result: Value = caller.invoke(&call.target, call.arguments).await.map_err(|fault| match fault {
                ClientFault::Timeout => RealtimeFault::ClientTimeout,
                other => RealtimeFault::ClientFailed(other.to_string()),
            })?;
            Ok(Response::json(StatusCode::OK, &json!({ "result": result })))
        }
        Found::Answered(answer) => Ok(answer),
    }
}

/// `PUT /api/hubs/{hub}/groups/{group}/connections/{connection}`.
pub(super) async fn join(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    match find(&deps, &tenant, &hub, &request).await? {
        Found::Here(caller) => {
            let group: String = request.param("group")?;
            caller.join(&group).map_err(|fault| EdgeFault::invalid("path:group", fault.to_string()))?;
            Ok(Response::empty(StatusCode::OK))
        }
        Found::Answered(answer) => Ok(answer),
    }
}

/// `DELETE /api/hubs/{hub}/groups/{group}/connections/{connection}`.
pub(super) async fn leave(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let group: String = request.param("group")?;
    leave_groups(deps, request, Some(group)).await
}

/// `DELETE /api/hubs/{hub}/connections/{connection}/groups`: it leaves all of its groups.
pub(super) async fn leave_all(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    leave_groups(deps, request, None).await
}

async fn leave_groups(deps: Arc<Deps>, request: Request, group: Option<String>) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    if let Some(group) = &group {
        let audience = Audience::Group(group.clone());
        Channel::new(&tenant, &hub, &audience)
            .map_err(|error| EdgeFault::malformed("path:group", error.to_string()))?;
    }
    match find(&deps, &tenant, &hub, &request).await? {
        Found::Here(caller) => {
            apply(&deps, &tenant, &hub, Command::Leave { group, connection: Some(caller.id()) });
            Ok(Response::empty(StatusCode::OK))
        }
        Found::Answered(answer) => Ok(answer),
    }
}
