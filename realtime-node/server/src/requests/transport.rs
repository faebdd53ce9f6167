//! GET, POST and DELETE of a connection (TransportProtocols.md): by which transport, and whether it may.

use super::answer::{empty, of_kind, refused};
use super::cors::Page;
use super::identify::{is_of, query, session};
use crate::connection::Connection;
use crate::core::Core;
use crate::token;
use crate::transports::{long_poll, send, sse, websocket};
use crate::{Body, Refusal};
use bytes::Bytes;
use http::header::ACCEPT;
use http::{Request, Response, StatusCode};
use octavo_domain_realtime::NodeId;
use octavo_domain_signalr::{Admission, Asked, Method, Named, Transports, admit, parameter};
use realtime_node_websocket::NotAnUpgrade;
use std::net::IpAddr;
use std::sync::Arc;

pub(crate) async fn transport(
    core: &Arc<Core>,
    hub: usize,
    request: Request<Body>,
    peer: IpAddr,
    page: &Page,
) -> Response<Body> {
    let upgrade = match realtime_node_websocket::accept(&request) {
        Ok(accepted) => Some(accepted.response),
        Err(NotAnUpgrade::NotAsked) => None,
        Err(fault) => return fault.response().map(|()| Body::default()),
    };
    // Browsers let every page open a WebSocket anywhere, and leave it to the server to look.
    if upgrade.is_some() && !page.is_allowed() {
        return refuse(core, Refusal::Origin);
    }
    let id = parameter(query(&request), "id").filter(|id| !id.is_empty());
    let found = match id.as_deref().map(|id| token::read(core, id)) {
        None => None,
        Some(token::Named::Here(id)) => Some(core.registry.get(&id)),
        Some(token::Named::Nobody) => Some(None),
        Some(token::Named::Elsewhere { node, signed }) => {
            drop(id);
            return forward(core, node, signed, request).await;
        }
    };
    drop(id);
    // Nobody learns whether a connection is there that is not theirs.
    let found = match found {
        None => Named::Nothing,
        Some(None) => Named::Unknown,
        Some(Some(connection)) => {
            let session = match session(core, &request).await {
                Ok(session) => session,
                Err(refusal) => return refuse(core, refusal),
            };
            if is_of(&connection, hub, &session) {
                return go_on(core, &connection, request, upgrade).await;
            }
            Named::Unknown
        }
    };
    match (admit(&asked(core, &request, upgrade.is_some(), found)), upgrade) {
        (Admission::CreateWebSocket, Some(accepted)) => fresh(core, hub, request, peer, accepted).await,
        (Admission::Refuse(octavo_domain_signalr::Refusal::Draining), _) => elsewhere(core, request).await,
        (Admission::Refuse(refusal), _) => against_the_rules(core, refusal),
        // The table has nothing else for what names no connection.
        _ => refuse(core, Refusal::Unknown),
    }
}

fn asked(core: &Core, request: &Request<Body>, upgrade: bool, named: Named) -> Asked {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let method = match *request.method() {
        http::Method::GET => Method::Get,
        http::Method::POST => Method::Post,
        http::Method::DELETE => Method::Delete,
        _ => Method::Other,
    };
    Asked {
        method,
        upgrade,
        event_stream: accept.split(',').any(|kind| kind.trim().starts_with("text/event-stream")),
        named,
        offered: Transports::ALL,
        draining: core.is_draining(),
    }
}

/// The request of a connection that exists, by its own user.
async fn go_on(
    core: &Arc<Core>,
    connection: &Arc<Connection>,
    request: Request<Body>,
    upgrade: Option<Response<()>>,
) -> Response<Body> {
    let named = Named::Connection(connection.standing());
    match (admit(&asked(core, &request, upgrade.is_some(), named)), upgrade) {
        (Admission::OpenWebSocket, Some(accepted)) => websocket::open(connection, request, accepted),
        (Admission::ResumeWebSocket { .. }, Some(accepted)) => websocket::resume(connection, request, accepted),
        (Admission::OpenEventStream, _) => sse::open(connection),
        (Admission::FirstPoll, _) => long_poll::first(connection),
        (Admission::Poll { .. }, _) => long_poll::poll(connection).await,
        (Admission::LastPoll, _) => {
            connection.forget();
            empty(StatusCode::NO_CONTENT)
        }
        (Admission::Receive, _) => send::send(connection, request.into_body()).await,
        (Admission::End, _) => long_poll::delete(connection),
        (Admission::Refuse(refusal), _) => against_the_rules(core, refusal),
        (Admission::CreateWebSocket | Admission::OpenWebSocket | Admission::ResumeWebSocket { .. }, _) => {
            refuse(core, Refusal::Transport)
        }
    }
}

fn against_the_rules(core: &Core, refusal: octavo_domain_signalr::Refusal) -> Response<Body> {
    let seen = match refusal {
        octavo_domain_signalr::Refusal::UnknownId => Refusal::Unknown,
        octavo_domain_signalr::Refusal::Draining => Refusal::Draining,
        _ => Refusal::Transport,
    };
    core.ports.observer.refused(seen);
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    of_kind(status, "text/plain", Bytes::from(refusal.to_string()))
}

/// A WebSocket without an id: of a client that skips the negotiation, or that keeps its id to itself.
async fn fresh(
    core: &Arc<Core>,
    hub: usize,
    request: Request<Body>,
    peer: IpAddr,
    accepted: Response<()>,
) -> Response<Body> {
    if core.is_draining() {
        return elsewhere(core, request).await;
    }
    let session = match session(core, &request).await {
        Ok(session) => session,
        Err(refusal) => return refuse(core, refusal),
    };
    let clients = core.scope(hub, &session.principal.tenant);
    match core.create(clients, Arc::new(session.principal), session.expires_at, peer, false) {
        Ok(connection) => websocket::open(&connection, request, accepted),
        Err(refusal) => refuse(core, refusal),
    }
}

fn refuse(core: &Core, refusal: Refusal) -> Response<Body> {
    core.ports.observer.refused(refusal);
    refused(refusal)
}

/// To the node where the connection lives.
pub(crate) async fn forward(core: &Core, node: NodeId, signed: bool, request: Request<Body>) -> Response<Body> {
    // No node is bothered by whoever is nobody.
    if !signed && let Err(refusal) = session(core, &request).await {
        return refuse(core, refusal);
    }
    match &core.options.elsewhere {
        Some(elsewhere) => elsewhere.forward(node, request).await,
        None => refuse(core, Refusal::Unknown),
    }
}

/// To any other node.
pub(crate) async fn elsewhere(core: &Core, request: Request<Body>) -> Response<Body> {
    match &core.options.elsewhere {
        Some(elsewhere) => elsewhere.negotiate(request).await,
        None => refuse(core, Refusal::Draining),
    }
}
