//! `POST {hub}/refresh?id=`: a connection gets a newer token, and lives on.

use super::answer::{json, refused};
use super::identify::{query, session};
use crate::core::Core;
use crate::token::{self, Named};
use crate::{Body, Refusal};
use http::{Request, Response, StatusCode};
use octavo_domain_signalr::{RefreshRefused, parameter, refreshed};
use std::sync::Arc;

pub(crate) async fn refresh(core: &Arc<Core>, hub: usize, request: Request<Body>) -> Response<Body> {
    let no = |why: RefreshRefused| {
        let status = StatusCode::from_u16(why.status()).unwrap_or(StatusCode::BAD_REQUEST);
        json(status, why.body())
    };
    let Some(id) = parameter(query(&request), "id").filter(|id| !id.is_empty()) else {
        return no(RefreshRefused::MissingConnectionToken);
    };
    let id = match token::read(core, &id) {
        Named::Here(id) => id,
        Named::Elsewhere { node, signed } => return super::transport::forward(core, node, signed, request).await,
        Named::Nobody => return no(RefreshRefused::ConnectionNotFound),
    };
    let session = match session(core, &request).await {
        Ok(session) => session,
        Err(Refusal::TokensUnchecked) => return refused(Refusal::TokensUnchecked),
        Err(_) => return no(RefreshRefused::InvalidToken),
    };
    let Some(connection) = core.registry.get(&id).filter(|found| found.clients.hub_index() == hub) else {
        return no(RefreshRefused::ConnectionNotFound);
    };
    let lifetime = token::lifetime_seconds(core, &session);
    if !connection.refresh(&Arc::new(session.principal), session.expires_at) {
        return no(RefreshRefused::InvalidToken);
    }
    json(StatusCode::OK, refreshed(&id.to_string(), core.ports.clock.now(), lifetime))
}
