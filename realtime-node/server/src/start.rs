//! A connection begins: its handshake, its groups, its hub's greeting.

use crate::connection::{Connection, Phase};
use crate::dispatch::Wait;
use crate::inbound::MALFORMED;
use crate::{Caller, Ending, HubFault};
use octavo_domain_realtime::Audience;
use octavo_domain_signalr::{
    Decoder, HandshakeFault, HandshakeOffer, HandshakeRequest, Transport, handshake_agreed, handshake_refused,
};
use std::sync::Arc;

/// A user over its limit is told so.
const TOO_MANY_OF_USER: &str = "Too many connections of this user.";

/// The handshake has come whole. What then reads, and what is to be waited for before it does; nothing if it was refused.
pub(crate) fn shake(connection: &Arc<Connection>, request: &HandshakeRequest) -> Option<(Decoder, Wait)> {
    let binary = connection.transport().is_none_or(Transport::is_binary);
    let offer = HandshakeOffer { stateful_reconnect: connection.stateful, binary };
    let protocol = match request.agree(offer) {
        Ok(protocol) => protocol,
        Err(fault) => {
            refuse(connection, &fault);
            return None;
        }
    };
    connection.set_protocol(protocol);
    if !connection.advance(Phase::Attached, Phase::Active) {
        return None;
    }
    connection.core().registry.not_pending();
    connection.link.lock().send_handshake(protocol, &handshake_agreed());
    if request.version >= 2 {
        connection.become_stateful();
    }
    if let Some(transport) = connection.transport() {
        connection.core().registry.opened(transport);
        connection.core().ports.observer.opened(connection.clients.hub(), transport);
    }
    let decoder = Decoder::new(protocol, connection.core().options.limits.record_bytes);
    // A task of its own: a request that is given up must not leave a connection that is half begun.
    let begun = tokio::spawn(begin(connection.clone()));
    Some((decoder, Box::pin(async move { drop(begun.await) })))
}

/// Tells a client that its handshake is not accepted, and ends.
pub(crate) fn refuse(connection: &Arc<Connection>, fault: &HandshakeFault) {
    connection
        .link
        .lock()
        .send_handshake(octavo_domain_signalr::Protocol::Json, &handshake_refused(&fault.to_string()));
    connection.end(Ending::HandshakeRefused, None);
}

async fn begin(connection: Arc<Connection>) {
    let (core, clients) = (connection.core(), &connection.clients);
    let principal = connection.principal();
    let user = clients.channel(&Audience::User(principal.user.clone()));
    let everyone = clients.channel(&Audience::Everyone);
    let (Ok(user), Ok(everyone)) = (user, everyone) else { return };
    if let Some(circle) = core.circles.get(&user) {
        circle.find(|other| connection.share_principal(other).then_some(()));
    }
    if !connection.join_user(&user) {
        connection.end(Ending::TooManyOfUser, Some((Some(TOO_MANY_OF_USER.to_owned()), false)));
        return;
    }
    // The end of the connection is noticed below.
    let _ = connection.join(&everyone);
    // Subscribed first, asked then: what is added in between comes by the one or is told by the other.
    let groups = async {
        if let Err(error) = core.ports.backplane.subscribed().await {
            tracing::debug!(%error, "a connection begins while other nodes cannot be reached");
        }
        core.ports.directory.user_groups(clients.tenant(), clients.hub(), &principal.user).await
    };
    match tokio::time::timeout(core.options.timing.directory, groups).await {
        Ok(Ok(groups)) => {
            for group in groups {
                if let Ok(channel) = clients.channel(&Audience::Group(group)) {
                    let _ = connection.join(&channel);
                }
            }
        }
        // Better without its groups than not at all: what is sent to the user still comes.
        Ok(Err(_)) | Err(_) => core.ports.observer.directory_failed(),
    }
    drop(principal);
    let greeting = clients.definition().on_connected(Caller(connection.clone()));
    let greeted = match greeting {
        Some(greeting) => greeting.await,
        None => Ok(()),
    };
    match greeted {
        Ok(()) => connection.greeted(),
        Err(HubFault::Refused(text)) => connection.end(Ending::Refused, Some((Some(text), false))),
        Err(HubFault::Internal(cause)) => {
            tracing::error!(hub = %clients.hub(), error = %cause, "a hub could not greet a connection");
            connection.end(Ending::Refused, Some((Some(MALFORMED.to_owned()), false)));
        }
    }
}
