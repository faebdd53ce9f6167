//! A connection's way by HTTP.

use crate::connection::Connection;
use crate::inbound::Inbound;
use crate::link::Link;
use crate::transports::Outgoing;
use std::sync::Arc;

/// What waits for a connection that is read by HTTP.
pub(crate) fn outgoing(connection: &Connection) -> Option<Arc<Outgoing>> {
    match &*connection.link.lock() {
        Link::Http(outgoing) => Some(outgoing.clone()),
        _ => None,
    }
}

/// Gives a connection its way by HTTP.
pub(crate) fn carry(connection: &Connection) -> Arc<Outgoing> {
    let outgoing = Arc::new(Outgoing::new(connection.core().options.limits.queue_bytes, Inbound::new()));
    *connection.link.lock() = Link::Http(outgoing.clone());
    outgoing
}
