//! Which connection an `id` names, and where it lives.

use crate::connection::Connection;
use crate::core::Core;
use octavo_domain_kernel::Session;
use octavo_domain_realtime::{ConnectionId, NodeId};
use octavo_domain_signalr::ConnectionToken;

/// What an `id` names.
pub(crate) enum Named {
    /// A connection that lives here, or lived.
    Here(ConnectionId),
    /// One of another node. What is not signed may be anybody's invention.
    Elsewhere {
        /// Where.
        node: NodeId,
        /// Whether the id is a token that was signed.
        signed: bool,
    },
    /// None.
    Nobody,
}

/// The token of a connection that is being negotiated. None for names that no token holds.
pub(crate) fn issue(core: &Core, connection: &Connection) -> Option<String> {
    let principal = connection.principal();
    let token = ConnectionToken {
        connection_id: connection.id.to_string(),
        hub: connection.clients.hub().to_string(),
        tenant: principal.tenant.clone(),
        user: principal.user.clone(),
        issued_at: core.ports.clock.now(),
        stateful_reconnect: connection.stateful,
    };
    core.options.token_keys.sign(&token).ok()
}

/// Reads an `id`: a token, or the id itself of a connection that was negotiated in version 0. Whoever sends it must be the
/// connection's user all the same.
pub(crate) fn read(core: &Core, text: &str) -> Named {
    let (id, plain) = match core.options.token_keys.verify(text) {
        Ok(token) => (token.connection_id.parse().ok(), false),
        Err(_) => (text.parse::<ConnectionId>().ok(), true),
    };
    match id {
        None => Named::Nobody,
        // The node where it lives knows whether its plain id will do.
        Some(id) if !id.is_of(&core.options.node) => Named::Elsewhere { node: id.node(), signed: !plain },
        Some(id) if plain && !core.registry.get(&id).is_some_and(|found| found.takes_plain_id()) => Named::Nobody,
        Some(id) => Named::Here(id),
    }
}

/// Seconds until the session's token ends.
pub(crate) fn lifetime_seconds(core: &Core, session: &Session) -> Option<u64> {
    let left = session.expires_at? - core.ports.clock.now();
    Some(u64::try_from(left.num_seconds()).unwrap_or(0))
}
