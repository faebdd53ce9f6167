//! `POST {hub}/negotiate`: a connection gets its id.

use super::answer::{json, refused};
use super::identify::{query, session};
use crate::core::Core;
use crate::{Body, Ending, Refusal, token};
use http::{Request, Response, StatusCode};
use octavo_domain_signalr::{NegotiateAnswer, NegotiateRequest, Transports};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(crate) async fn negotiate(core: &Arc<Core>, hub: usize, request: Request<Body>, peer: IpAddr) -> Response<Body> {
    if core.is_draining() {
        return super::transport::elsewhere(core, request).await;
    }
    let asked = match NegotiateRequest::parse(query(&request)) {
        Ok(asked) => asked,
        Err(fault) => return json(StatusCode::OK, NegotiateAnswer::Refused { error: fault.to_string() }.body()),
    };
    let session = match session(core, &request).await {
        Ok(session) => session,
        Err(refusal) => {
            core.ports.observer.refused(refusal);
            return refused(refusal);
        }
    };
    let lifetime = token::lifetime_seconds(core, &session);
    let clients = core.scope(hub, &session.principal.tenant);
    let room = core.stateful_bytes.load(Ordering::Relaxed) < core.options.limits.stateful_bytes_total;
    let stateful = asked.stateful_reconnect && core.options.stateful_reconnect && room;
    let principal = Arc::new(session.principal);
    let connection = match core.create(clients, principal, session.expires_at, peer, stateful) {
        Ok(connection) => connection,
        Err(refusal) => {
            core.ports.observer.refused(refusal);
            return refused(refusal);
        }
    };
    let Some(connection_token) = token::issue(core, &connection) else {
        connection.end(Ending::Abandoned, None);
        return refused(Refusal::Unauthenticated);
    };
    let answer = NegotiateAnswer::Connect {
        version: asked.version,
        connection_id: connection.id.to_string(),
        connection_token,
        transports: Transports::ALL,
        stateful_reconnect: stateful,
        token_lifetime_seconds: lifetime,
    };
    if asked.version == 0 {
        connection.allow_plain_id();
    }
    json(StatusCode::OK, answer.body())
}
