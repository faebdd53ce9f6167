//! Pushes, and the closing of connections.

use super::{Deps, authorise};
use crate::fault::RealtimeFault;
use http::StatusCode;
use octavo_domain_kernel::{TenantId, UserId};
use octavo_domain_realtime::{Audience, Command, ConnectionId, HubName};
use octavo_wiring_edge::{EdgeFault, Problem, Request, Response};
use realtime_node_server::{Recipients, SendFault};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Connections that one request may leave out.
const EXCLUDED_MAX: usize = 1_000;
/// Characters of a method's name.
const TARGET_CHARS_MAX: usize = 256;

/// What clients are called with.
#[derive(Debug, Deserialize)]
pub(super) struct Call {
    pub(super) target: String,
    #[serde(default)]
    pub(super) arguments: Vec<Value>,
}

/// The request's call.
pub(super) fn call(request: &Request) -> Result<Call, Problem> {
    let call: Call = request.json()?;
    if !(1..=TARGET_CHARS_MAX).contains(&call.target.chars().count()) {
        return Err(EdgeFault::invalid("target", "expected 1 to 256 characters").into());
    }
    Ok(call)
}

fn excluded(request: &Request) -> Result<Vec<ConnectionId>, Problem> {
    let all: Vec<ConnectionId> = request
        .query
        .all("excluded")
        // What is no connection of ours excludes nobody.
        .filter_map(|text| text.parse().ok())
        .collect();
    if all.len() > EXCLUDED_MAX {
        return Err(EdgeFault::invalid("query:excluded", "expected at most 1,000 connections").into());
    }
    Ok(all)
}

async fn send(recipients: Recipients, request: &Request) -> Result<Response, Problem> {
    let call = call(request)?;
    let sent = recipients.except(&excluded(request)?).send(&call.target, call.arguments).await;
    sent.map_err(|fault| match fault {
        SendFault::Backplane(error) => Problem::from(RealtimeFault::BackplaneAway(error)),
        other => EdgeFault::invalid("arguments", other.to_string()).into(),
    })?;
    Ok(Response::empty(StatusCode::ACCEPTED))
}

/// `POST /api/hubs/{hub}/:send`.
pub(super) async fn everyone(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    send(deps.clients(&tenant, &request)?.1.everyone(), &request).await
}

/// `POST /api/hubs/{hub}/groups/{group}/:send`.
pub(super) async fn group(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let group: String = request.param("group")?;
    send(deps.clients(&tenant, &request)?.1.group(&group), &request).await
}

/// `POST /api/hubs/{hub}/users/{user}/:send`.
pub(super) async fn user(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let user: UserId = request.param("user")?;
    send(deps.clients(&tenant, &request)?.1.user(&user), &request).await
}

/// `POST /api/hubs/{hub}/connections/{connection}/:send`. Accepted also where the connection has just ended.
pub(super) async fn connection(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let connection: ConnectionId = request.param("connection")?;
    send(deps.clients(&tenant, &request)?.1.connection(connection), &request).await
}

async fn close(
    deps: &Deps,
    tenant: &TenantId,
    hub: &HubName,
    audience: Audience,
    request: &Request,
) -> Result<Response, Problem> {
    let reason = request.query.one("reason")?.map(str::to_owned);
    let command = Command::Close { reason, excluded: excluded(request)?, connection: None };
    deps.command(tenant, hub, &audience, command).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

/// `POST /api/hubs/{hub}/:closeConnections`.
pub(super) async fn close_everyone(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    close(&deps, &tenant, &hub, Audience::Everyone, &request).await
}

/// `POST /api/hubs/{hub}/groups/{group}/:closeConnections`.
pub(super) async fn close_group(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    close(&deps, &tenant, &hub, Audience::Group(request.param("group")?), &request).await
}

/// `POST /api/hubs/{hub}/users/{user}/:closeConnections`.
pub(super) async fn close_user(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    close(&deps, &tenant, &hub, Audience::User(request.param("user")?), &request).await
}
