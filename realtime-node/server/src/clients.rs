//! Sending: to everyone, a group, a user or a connection of one tenant at one hub.

use crate::SendFault;
use crate::core::Core;
use crate::encoded::Encoded;
use octavo_domain_kernel::{TenantId, UserId};
use octavo_domain_realtime::{
    Audience, Channel, Command, ConnectionId, Envelope, Frames, HistoryLimits, HubName, InvalidName, Position,
    SlowReader,
};
use octavo_domain_signalr::frames;
use serde::Serialize;
use std::sync::{Arc, Weak};

/// A tenant at a hub: nothing of it reaches another tenant, nor another hub.
#[derive(Clone)]
pub struct Clients(Arc<Scope>);

pub(crate) struct Scope {
    core: Arc<Core>,
    hub: usize,
    tenant: TenantId,
}

/// Does not keep the server.
pub(crate) struct WeakClients(Weak<Scope>);

impl WeakClients {
    pub(crate) fn upgrade(&self) -> Option<Clients> {
        self.0.upgrade().map(Clients)
    }
}

impl Clients {
    pub(crate) fn downgrade(&self) -> WeakClients {
        WeakClients(Arc::downgrade(&self.0))
    }

    pub(crate) fn new(core: Arc<Core>, hub: usize, tenant: TenantId) -> Self {
        Self(Arc::new(Scope { core, hub, tenant }))
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.0.core
    }

    pub(crate) fn definition(&self) -> &crate::HubDefinition {
        &self.0.core.hubs[self.0.hub]
    }

    /// The hub.
    pub fn hub(&self) -> &HubName {
        &self.definition().name
    }

    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.0.tenant
    }

    /// Its channel for an audience.
    pub(crate) fn channel(&self, audience: &Audience) -> Result<Channel, InvalidName> {
        Channel::new(&self.0.tenant, self.hub(), audience)
    }

    /// Whether it is the same tenant at the same hub.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.0.hub == other.0.hub && self.0.tenant == other.0.tenant)
    }

    pub(crate) fn hub_index(&self) -> usize {
        self.0.hub
    }

    /// What the channels of its groups begin with: the spelling of one, with its name cut off again.
    pub(crate) fn group_prefix(&self) -> Option<String> {
        let channel = self.channel(&Audience::Group("x".to_owned())).ok()?;
        channel.as_str().strip_suffix('x').map(str::to_owned)
    }

    fn to(&self, audience: Audience) -> Recipients {
        Recipients { clients: self.clone(), audience, excluded: Vec::new(), slow: SlowReader::Disconnect }
    }

    /// All connections of the tenant to the hub, on every node.
    pub fn everyone(&self) -> Recipients {
        self.to(Audience::Everyone)
    }

    /// Those in a group.
    pub fn group(&self, group: &str) -> Recipients {
        self.to(Audience::Group(group.to_owned()))
    }

    /// Those of a user.
    pub fn user(&self, user: &UserId) -> Recipients {
        self.to(Audience::User(user.clone()))
    }

    /// One. Nothing happens if it is of another tenant or hub, or gone.
    pub fn connection(&self, connection: ConnectionId) -> Recipients {
        self.to(Audience::Connection(connection))
    }
}

/// Whom a message is for.
#[derive(Clone)]
pub struct Recipients {
    clients: Clients,
    audience: Audience,
    excluded: Vec<ConnectionId>,
    slow: SlowReader,
}

impl Recipients {
    /// Not for these.
    #[must_use]
    pub fn except(mut self, connections: &[ConnectionId]) -> Self {
        self.excluded.extend_from_slice(connections);
        self
    }

    /// What becomes of the message for a connection that does not read; without it the connection is closed.
    #[must_use]
    pub fn slow(mut self, slow: SlowReader) -> Self {
        self.slow = slow;
        self
    }

    /// Calls `target` at the recipients; `args` is a tuple or an array of the arguments. First those of this node, then
    /// those of others. On [`SendFault::Backplane`] this node's have it.
    pub async fn send(&self, target: &str, args: impl Serialize) -> Result<(), SendFault> {
        let encoded = self.encode(target, &args)?;
        drop(args);
        let core = self.clients.core();
        let channel = self.clients.channel(&self.audience)?;
        let connection = match &self.audience {
            Audience::Connection(id) => Some(*id),
            _ => None,
        };
        let envelope = self.envelope(encoded.command(self.excluded.clone(), connection));
        match connection {
            Some(id) if self.excluded.contains(&id) => return Ok(()),
            Some(id) if id.is_of(&core.options.node) => {
                core.deliver_one(&self.clients, id, &encoded);
                return Ok(());
            }
            Some(_) => {}
            None => core.deliver(&channel, encoded, &self.excluded).await,
        }
        core.ports.backplane.publish(&channel, envelope.encode()).await?;
        Ok(())
    }

    /// The same, kept in the channel's history: what a node misses, it fetches. The message's position (`{epoch, offset}`)
    /// is appended to its arguments. Stored and sent, or neither: on an error nobody has it. Not for a connection.
    pub async fn send_durable(
        &self,
        target: &str,
        args: impl Serialize,
        limits: HistoryLimits,
    ) -> Result<Position, SendFault> {
        let encoded = self.encode(target, &args)?;
        drop(args);
        let core = self.clients.core();
        let channel = self.clients.channel(&self.audience)?;
        let envelope = self.envelope(encoded.command(self.excluded.clone(), None));
        core.publish_durable(&channel, &envelope, limits).await
    }

    fn encode(&self, target: &str, args: &impl Serialize) -> Result<Encoded, SendFault> {
        let (json, message_pack) = frames(target, args).map_err(|fault| SendFault::Encoding(fault.to_string()))?;
        Ok(Encoded::for_all(target, Frames { json, message_pack }, self.slow))
    }

    fn envelope(&self, command: Command) -> Envelope {
        self.clients.core().envelope(self.clients.tenant().clone(), self.clients.hub().to_string(), command)
    }
}
