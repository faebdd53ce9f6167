//! The server, as the node holds it.

use crate::commands::Listener;
use crate::core::Core;
use crate::{
    Body, BoxError, Caller, Clients, Counters, HubDefinition, HubDocumentation, Options, Ports, ServerFault, drain,
    requests, wheel,
};
use bytes::Bytes;
use octavo_domain_kernel::TenantId;
use octavo_domain_realtime::{
    Audience, BackplaneListener, BackplaneState, Channel, ConnectionId, Envelope, HubName, Position,
};
use octavo_domain_signalr::Transport;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// SignalR's server. Cheap to clone.
#[derive(Clone)]
pub struct Server(Arc<Core>);

impl Server {
    /// Begins to serve `hubs`: within a runtime of tokio. It keeps time until it is dropped and its connections have ended.
    /// What comes by the backplane must be told to it, see [`Server::listener`].
    pub fn new(options: Options, ports: Ports, hubs: Vec<HubDefinition>) -> Result<Self, ServerFault> {
        for (at, hub) in hubs.iter().enumerate() {
            if hubs[..at].iter().any(|other| other.name == hub.name) {
                return Err(ServerFault::HubTwice(hub.name.to_string()));
            }
            if let Some(method) = hub.twice {
                return Err(ServerFault::MethodTwice { hub: hub.name.to_string(), method: method.to_owned() });
            }
        }
        let tick = options.timing.tick;
        let core = Arc::new(Core::new(options, ports, hubs));
        let own = [Channel::node(&core.options.node), Channel::nodes()];
        core.ports.backplane.subscribe(&own);
        tokio::spawn(wheel::turn(Arc::downgrade(&core), tick));
        Ok(Self(core))
    }

    /// What the backplane is to tell: `backplane.listen(server.listener())`, or from a listener that also hands rooms
    /// their messages. Does not keep the server.
    pub fn listener(&self) -> Arc<dyn BackplaneListener> {
        Arc::new(Listener::new(&self.0))
    }

    /// Answers everything under `/hubs/{hub}` and `/client`. The acceptor must serve a plain
    /// `hyper_util::rt::TokioIo<tokio::net::TcpStream>` with HTTP/1.1 and upgrades: a WebSocket takes the TCP stream out of
    /// it. Other paths are answered with 404.
    pub async fn handle<B>(&self, request: http::Request<B>, peer: IpAddr) -> http::Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        use http_body_util::BodyExt;
        let request = request.map(|body| Body::new(body.map_err(Into::into)));
        requests::handle(&self.0, request, peer).await
    }

    /// Sending to a tenant's connections to a hub; none where there is no such hub.
    pub fn clients(&self, tenant: &TenantId, hub: &HubName) -> Option<Clients> {
        self.0.clients(tenant, hub)
    }

    /// Does what the envelope says, for the connections of this node only.
    pub fn apply(&self, channel: &Channel, envelope: &Envelope) {
        self.0.apply(channel, envelope);
    }

    /// A connection of this node.
    pub fn connection(&self, id: ConnectionId) -> Option<Caller> {
        self.0.registry.get(&id).map(Caller)
    }

    /// Whether the audience has a connection on this node.
    pub fn exists(&self, tenant: &TenantId, hub: &HubName, audience: &Audience) -> bool {
        if let Audience::Connection(id) = audience {
            let found = self.0.registry.get(id);
            return found.is_some_and(|found| found.clients.tenant() == tenant && found.clients.hub() == hub);
        }
        let circle = Channel::new(tenant, hub, audience).ok().and_then(|channel| self.0.circles.get(&channel));
        circle.is_some_and(|circle| circle.len() > 0)
    }

    /// The connections of this node that are in a group, in any order.
    pub fn members(&self, tenant: &TenantId, hub: &HubName, group: &str) -> Vec<ConnectionId> {
        let channel = Channel::new(tenant, hub, &Audience::Group(group.to_owned()));
        let circle = channel.ok().and_then(|channel| self.0.circles.get(&channel));
        circle.map(|circle| circle.members().iter().map(|member| member.id).collect()).unwrap_or_default()
    }

    /// Takes nobody any more, and closes all connections, spread over `spread` by chance; each is told that it may connect
    /// again. Returns when they are gone. What negotiates meanwhile is for [`crate::Elsewhere::negotiate`].
    pub async fn drain(&self, spread: Duration) {
        drain::drain(&self.0, spread).await;
    }

    /// What it holds now.
    pub fn counters(&self) -> Counters {
        Counters {
            connections: self.0.registry.len(),
            pending: self.0.registry.pending(),
            web_sockets: self.0.registry.open(Transport::WebSockets),
            server_sent_events: self.0.registry.open(Transport::ServerSentEvents),
            long_polling: self.0.registry.open(Transport::LongPolling),
            channels: self.0.circles.len(),
            stateful_bytes: self.0.stateful_bytes.load(Ordering::Relaxed),
            draining: self.0.is_draining(),
        }
    }

    /// What its hubs offer.
    pub fn documentation(&self) -> Vec<HubDocumentation> {
        self.0.hubs.iter().map(HubDefinition::documentation).collect()
    }
}

impl BackplaneListener for Server {
    fn received(&self, channel: &Channel, payload: Bytes, position: Option<Position>) {
        self.0.received(channel, &payload, position.as_ref());
    }

    fn changed(&self, state: BackplaneState) {
        self.0.changed(state);
    }
}
