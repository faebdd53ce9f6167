//! Who sends a request, and which connection it names.

use crate::connection::Connection;
use crate::core::Core;
use crate::{Body, Refusal};
use http::Request;
use http::header::AUTHORIZATION;
use octavo_domain_kernel::{AuthenticateError, Session};
use octavo_domain_signalr::parameter;
use std::sync::Arc;

/// The query, without its `?`.
pub(crate) fn query(request: &Request<Body>) -> &str {
    request.uri().query().unwrap_or_default()
}

/// Verifies the bearer token. Does not hold the request meanwhile: its body cannot be shared between threads.
pub(crate) fn session<'a>(
    core: &'a Core,
    request: &Request<Body>,
) -> impl Future<Output = Result<Session, Refusal>> + Send + use<'a> {
    let token = bearer(request);
    async move { verify(core, &token?).await }
}

/// The token: of the header, or of the query where a browser cannot set one.
fn bearer(request: &Request<Body>) -> Result<String, Refusal> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match header {
        Some(value) => {
            let (scheme, token) = value.split_once(' ').ok_or(Refusal::Unauthenticated)?;
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(Refusal::Unauthenticated);
            }
            Ok(token.trim().to_owned())
        }
        None => Ok(parameter(query(request), "access_token").ok_or(Refusal::Unauthenticated)?.into_owned()),
    }
}

async fn verify(core: &Core, token: &str) -> Result<Session, Refusal> {
    match core.ports.authenticator.authenticate_session(token).await {
        Ok(session) => Ok(session),
        Err(AuthenticateError::Invalid(_) | AuthenticateError::Expired) => Err(Refusal::Unauthenticated),
        Err(AuthenticateError::Unavailable(error)) => {
            tracing::warn!(%error, "tokens cannot be checked");
            Err(Refusal::TokensUnchecked)
        }
    }
}

/// Whether the session is of the connection's tenant and user, and the path of its hub. If so its token is taken as the
/// connection's, where it lasts longer.
pub(crate) fn is_of(connection: &Connection, hub: usize, session: &Session) -> bool {
    connection.clients.hub_index() == hub
        && connection.refresh(&Arc::new(session.principal.clone()), session.expires_at)
}
