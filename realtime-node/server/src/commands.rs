//! What other nodes and the data plane ask of the local connections.

use crate::connection::Connection;
use crate::core::Core;
use crate::encoded::Encoded;
use crate::{Clients, Ending};
use bytes::Bytes;
use octavo_domain_kernel::{TenantId, UserId};
use octavo_domain_realtime::{
    Audience, BackplaneListener, BackplaneState, Channel, Command, ConnectionId, Envelope, HubName, Position,
};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// What a user whose session was revoked is told.
const REVOKED: &str = "The session was revoked.";

impl Core {
    /// Does what is asked, for local connections only.
    pub(crate) fn apply(self: &Arc<Self>, channel: &Channel, envelope: &Envelope) {
        match &envelope.command {
            Command::Send { target, frames, excluded, connection, slow } => {
                let encoded = Encoded::for_all(target, frames.clone(), *slow);
                match connection {
                    None => {
                        if let Some(circle) = self.circles.get(channel) {
                            self.deliver_now(&circle, &encoded, excluded);
                        }
                    }
                    Some(id) if excluded.contains(id) => {}
                    Some(id) => {
                        if let Some(connection) = self.of_envelope(envelope, *id) {
                            connection.tell(&encoded);
                        }
                    }
                }
            }
            Command::Join { group, connection } => {
                for connection in self.meant(channel, envelope, *connection) {
                    if let Ok(channel) = connection.clients.channel(&Audience::Group(group.clone())) {
                        // One that is in too many groups already stays out of this one.
                        let _ = connection.join(&channel);
                    }
                }
            }
            Command::Leave { group: Some(group), connection } => {
                for connection in self.meant(channel, envelope, *connection) {
                    if let Ok(channel) = connection.clients.channel(&Audience::Group(group.clone())) {
                        connection.leave(&channel);
                    }
                }
            }
            Command::Leave { group: None, connection } => {
                for connection in self.meant(channel, envelope, *connection) {
                    connection.leave_groups();
                }
            }
            Command::Close { reason, excluded, connection } => {
                for connection in self.meant(channel, envelope, *connection) {
                    if !excluded.contains(&connection.id) {
                        connection.end(Ending::Server, Some((reason.clone(), false)));
                    }
                }
            }
            Command::Revoke { user } => self.revoke(&envelope.tenant, user),
            // Rooms have their own listener.
            Command::Room { .. } => {}
        }
    }

    fn revoke(&self, tenant: &TenantId, user: &UserId) {
        for hub in &self.hubs {
            let Ok(channel) = Channel::new(tenant, &hub.name, &Audience::User(user.clone())) else { continue };
            for connection in self.circles.get(&channel).map(|circle| circle.members()).unwrap_or_default() {
                connection.end(Ending::Server, Some((Some(REVOKED.to_owned()), false)));
            }
        }
    }

    /// The one that is named, or all of the channel.
    fn meant(&self, channel: &Channel, envelope: &Envelope, connection: Option<ConnectionId>) -> Vec<Arc<Connection>> {
        match connection {
            Some(id) => self.of_envelope(envelope, id).into_iter().collect(),
            None => self.circles.get(channel).map(|circle| circle.members()).unwrap_or_default(),
        }
    }

    /// The connection, if it is of the envelope's tenant and hub.
    fn of_envelope(&self, envelope: &Envelope, id: ConnectionId) -> Option<Arc<Connection>> {
        let found = self.registry.get(&id)?;
        let same = *found.clients.tenant() == envelope.tenant && found.clients.hub().as_str() == envelope.hub;
        same.then_some(found)
    }

    /// Tenant and hub of somebody, where the hub exists.
    pub(crate) fn clients(self: &Arc<Self>, tenant: &TenantId, hub: &HubName) -> Option<Clients> {
        Some(self.scope(self.hub(hub)?, tenant))
    }

    /// A message of the backplane.
    pub(crate) fn received(self: &Arc<Self>, channel: &Channel, payload: &[u8], position: Option<&Position>) {
        let envelope = match Envelope::decode(payload) {
            Ok(envelope) => envelope,
            Err(error) => {
                tracing::warn!(%channel, %error, "a message of the backplane was passed over");
                return;
            }
        };
        let own = envelope.origin == self.options.node;
        if !own {
            let lag = self.ports.clock.now().timestamp_millis() - envelope.sent_at;
            // Two clocks: what seems to come before it was sent came at once.
            self.ports.observer.lagged(Duration::from_millis(u64::try_from(lag).unwrap_or(0)));
        }
        match position {
            Some(position) => self.received_durable(channel, &envelope, position),
            // Done already, before it was published.
            None if own => {}
            None => self.apply(channel, &envelope),
        }
    }

    /// The backplane came or went.
    pub(crate) fn changed(self: &Arc<Self>, state: BackplaneState) {
        self.ports.observer.backplane(state);
        self.circles.backplane_is_away(state == BackplaneState::Away);
        match state {
            BackplaneState::Away => self.away.store(true, Ordering::Relaxed),
            BackplaneState::Connected => {
                if self.away.swap(false, Ordering::Relaxed) {
                    tokio::spawn(self.clone().recover_all());
                }
            }
        }
    }
}

/// Hears what other nodes say, for as long as the server is there.
pub(crate) struct Listener(Weak<Core>);

impl Listener {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self(Arc::downgrade(core))
    }
}

impl BackplaneListener for Listener {
    fn received(&self, channel: &Channel, payload: Bytes, position: Option<Position>) {
        if let Some(core) = self.0.upgrade() {
            core.received(channel, &payload, position.as_ref());
        }
    }

    fn changed(&self, state: BackplaneState) {
        if let Some(core) = self.0.upgrade() {
            core.changed(state);
        }
    }
}
