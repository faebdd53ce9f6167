//! A connection, as hubs see it.

use crate::connection::Connection;
use crate::dispatch;
use crate::encoded::Encoded;
use crate::{ClientFault, Clients, Ending, HubFault, SendFault};
use octavo_domain_kernel::{PortError, Principal, TenantId, UserId};
use octavo_domain_realtime::{Audience, ConnectionId, HubName, SlowReader};
use octavo_domain_signalr::{Message, Outcome, Payload, Protocol, Transport};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;

/// A connection of this node. Cheap to clone; outlives the connection, and then does nothing.
#[derive(Clone)]
pub struct Caller(pub(crate) Arc<Connection>);

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Caller({})", self.0.id)
    }
}

impl Caller {
    /// Its id.
    pub fn id(&self) -> ConnectionId {
        self.0.id
    }

    /// Whom its newest token stands for. The tenant and the user never change.
    pub fn principal(&self) -> Arc<Principal> {
        self.0.principal()
    }

    /// Its tenant.
    pub fn tenant(&self) -> TenantId {
        self.0.clients.tenant().clone()
    }

    /// Its user.
    pub fn user(&self) -> UserId {
        self.0.principal().user.clone()
    }

    /// Its hub.
    pub fn hub(&self) -> &HubName {
        self.0.clients.hub()
    }

    /// Everybody of its tenant at its hub.
    pub fn clients(&self) -> &Clients {
        &self.0.clients
    }

    /// How it is connected.
    pub fn transport(&self) -> Option<Transport> {
        self.0.transport()
    }

    /// Its hub protocol.
    pub fn protocol(&self) -> Protocol {
        self.0.protocol()
    }

    /// Whether it has ended.
    pub fn is_gone(&self) -> bool {
        self.0.has_ended()
    }

    /// Puts it into a group of its tenant's hub; being in it already is no error. What is sent to the group on this node
    /// reaches it from now on; on other nodes from when [`Caller::subscribed`] returns.
    pub fn join(&self, group: &str) -> Result<(), HubFault> {
        let channel = self.0.clients.channel(&Audience::Group(group.to_owned()));
        self.0.join(&channel.map_err(|name| HubFault::Refused(name.to_string()))?)
    }

    /// Waits until what was joined before is subscribed on the backplane.
    pub async fn subscribed(&self) -> Result<(), PortError> {
        self.0.core().ports.backplane.subscribed().await
    }

    /// Takes it out of a group; not being in it is no error.
    pub fn leave(&self, group: &str) {
        if let Ok(channel) = self.0.clients.channel(&Audience::Group(group.to_owned())) {
            self.0.leave(&channel);
        }
    }

    /// Whether it is in a group.
    pub fn in_group(&self, group: &str) -> bool {
        let channel = self.0.clients.channel(&Audience::Group(group.to_owned()));
        channel.is_ok_and(|channel| self.0.sits_in(&channel))
    }

    /// Sends to this connection alone; `args` is a tuple or an array of the arguments. Nothing happens if it has ended.
    pub fn send(&self, target: &str, args: impl Serialize) -> Result<(), SendFault> {
        self.send_as(target, args, SlowReader::Disconnect)
    }

    /// The same, with what becomes of the message if the connection does not read.
    pub fn send_as(&self, target: &str, args: impl Serialize, slow: SlowReader) -> Result<(), SendFault> {
        let protocol = self.0.protocol();
        let arguments = Payload::list(protocol, &args).map_err(|fault| SendFault::Encoding(fault.to_string()))?;
        let message = Message::Invocation { id: None, target: target.to_owned(), arguments, stream_ids: Vec::new() };
        let encoded = Encoded::for_one(protocol, &message, slow);
        self.0.tell(&encoded.map_err(|fault| SendFault::Encoding(fault.to_string()))?);
        Ok(())
    }

    /// Asks the client to run its `target` and waits for its result, at most as long as `Timing::client_result` says. Not
    /// within [`crate::Hub::connected`]; in any method, also of the same connection: answers are read whatever runs.
    pub async fn invoke<R: DeserializeOwned>(&self, target: &str, args: impl Serialize) -> Result<R, ClientFault> {
        let arguments = Payload::list(self.0.protocol(), &args);
        let arguments = arguments.map_err(|fault| ClientFault::Encoding(fault.to_string()))?;
        drop(args);
        match dispatch::ask(&self.0, target, arguments).await? {
            Outcome::Error(text) => Err(ClientFault::Failed(text)),
            Outcome::Value(payload) => payload.decode().map_err(|fault| ClientFault::Unexpected(fault.to_string())),
            // A client's method without a result: as JavaScript's undefined.
            Outcome::Void => Payload::null(self.0.protocol())
                .decode()
                .map_err(|_| ClientFault::Unexpected("it gave no result".to_owned())),
        }
    }

    /// Ends it: the client is told why, and whether it may connect again by itself.
    pub fn close(&self, error: Option<&str>, allow_reconnect: bool) {
        self.0.end(Ending::Server, Some((error.map(str::to_owned), allow_reconnect)));
    }

    /// Ends it without a word: its transport is dropped.
    pub fn abort(&self) {
        self.0.cut();
        self.0.end(Ending::Server, None);
    }

    /// Drops its transport without a word, as a network does that fails: a stateful connection can come back.
    pub fn cut(&self) {
        self.0.cut();
    }

    /// A place of the connection for a `T`, made when it is first used and dropped with the connection.
    pub fn state<T: Default + Send + 'static, R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        self.0.with_state(work)
    }
}
