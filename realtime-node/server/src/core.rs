//! What all connections of a server share.

use crate::circles::Circles;
use crate::clients::WeakClients;
use crate::connection::Connection;
use crate::encoded::Encoded;
use crate::registry::Registry;
use crate::wheel::Wheel;
use crate::{Clients, HubDefinition, Options, Ports, Refusal, Timing};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Principal, TenantId};
use octavo_domain_realtime::{Command, ConnectionId, Envelope, HubName};
use octavo_domain_signalr::ping;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Tenants and hubs that are remembered beyond their connections, before those without any are forgotten.
const SCOPES_IDLE_MAX: usize = 1_024;

/// [`Timing`] in ticks of the wheel; at least one each.
pub(crate) struct Ticks {
    pub(crate) keep_alive: u32,
    pub(crate) client_timeout: u32,
    pub(crate) handshake: u32,
    pub(crate) disconnect: u32,
    /// No connection is looked at less often: what begins meanwhile (a transport that is lost, a token that is refreshed)
    /// is then never noticed late.
    pub(crate) soonest: u32,
}

impl Ticks {
    fn new(timing: &Timing) -> Self {
        let tick = timing.tick.as_nanos().max(1);
        let ticks = |time: Duration| u32::try_from(time.as_nanos().div_ceil(tick)).unwrap_or(u32::MAX).max(1);
        let (keep_alive, client_timeout) = (ticks(timing.keep_alive), ticks(timing.client_timeout));
        let (handshake, disconnect) = (ticks(timing.handshake), ticks(timing.disconnect));
        let soonest = keep_alive.min(client_timeout).min(disconnect);
        Self { keep_alive, client_timeout, handshake, disconnect, soonest }
    }
}

/// What all connections share.
pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) ports: Ports,
    pub(crate) hubs: Vec<HubDefinition>,
    pub(crate) registry: Registry,
    pub(crate) circles: Circles,
    pub(crate) wheel: Wheel,
    pub(crate) ticks: Ticks,
    pub(crate) ping: Encoded,
    pub(crate) draining: AtomicBool,
    /// Whether messages of other nodes were missed since the backplane was last there.
    pub(crate) away: AtomicBool,
    pub(crate) stateful_bytes: Arc<AtomicUsize>,
    // Not kept by this: they keep the server.
    scopes: Mutex<HashMap<(usize, TenantId), WeakClients>>,
    started: Instant,
    now: AtomicU32,
    asks: AtomicU64,
}

impl Core {
    pub(crate) fn new(options: Options, ports: Ports, hubs: Vec<HubDefinition>) -> Self {
        Self {
            circles: Circles::new(ports.backplane.clone()),
            registry: Registry::new(),
            wheel: Wheel::new(),
            ticks: Ticks::new(&options.timing),
            ping: Encoded::of_records(ping),
            draining: AtomicBool::new(false),
            away: AtomicBool::new(false),
            stateful_bytes: Arc::new(AtomicUsize::new(0)),
            scopes: Mutex::new(HashMap::new()),
            started: Instant::now(),
            now: AtomicU32::new(0),
            asks: AtomicU64::new(0),
            options,
            ports,
            hubs,
        }
    }

    /// The wheel's tick.
    pub(crate) fn now(&self) -> u32 {
        self.now.load(Ordering::Relaxed)
    }

    /// Sets the wheel's tick by the time that has passed.
    pub(crate) fn turn_clock(&self) -> u32 {
        let tick = self.options.timing.tick.as_nanos().max(1);
        let now = u32::try_from(self.started.elapsed().as_nanos() / tick).unwrap_or(u32::MAX);
        self.now.store(now, Ordering::Relaxed);
        now
    }

    /// Milliseconds since the start.
    pub(crate) fn now_ms(&self) -> u32 {
        // 49 days, and then from the start again: a bucket that sees that counts no time as passed.
        self.started.elapsed().as_millis() as u32
    }

    /// The id of something that a client is asked. Not a number: those are the client's own. Never used twice, so that an
    /// answer that comes too late is not taken for another's.
    pub(crate) fn next_ask(&self) -> String {
        format!("s{}", self.asks.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    pub(crate) fn hub(&self, name: &HubName) -> Option<usize> {
        self.hubs.iter().position(|hub| hub.name == *name)
    }

    /// The one place where a tenant and a hub come together.
    pub(crate) fn scope(self: &Arc<Self>, hub: usize, tenant: &TenantId) -> Clients {
        let mut scopes = self.scopes.lock();
        if let Some(known) = scopes.get(&(hub, tenant.clone())).and_then(WeakClients::upgrade) {
            return known;
        }
        if scopes.len() >= SCOPES_IDLE_MAX {
            scopes.retain(|_, clients| clients.upgrade().is_some());
        }
        let clients = Clients::new(self.clone(), hub, tenant.clone());
        scopes.insert((hub, tenant.clone()), clients.downgrade());
        clients
    }

    /// Makes a connection without a transport, if there is room for one.
    pub(crate) fn create(
        self: &Arc<Self>,
        clients: Clients,
        principal: Arc<Principal>,
        expires_at: Option<DateTime<Utc>>,
        address: IpAddr,
        stateful: bool,
    ) -> Result<Arc<Connection>, Refusal> {
        self.registry.admit(address, &self.options.limits)?;
        let id = ConnectionId::of_random(&self.options.node, (self.ports.random)());
        let connection = Arc::new(Connection::new(id, clients, principal, expires_at, address, stateful));
        self.registry.add(connection.clone());
        self.wheel.add(Arc::downgrade(&connection), self.now(), self.ticks.soonest.min(self.ticks.handshake));
        Ok(connection)
    }

    /// What this node says to others.
    pub(crate) fn envelope(&self, tenant: TenantId, hub: String, command: Command) -> Envelope {
        let sent_at = self.ports.clock.now().timestamp_millis();
        Envelope { origin: self.options.node.clone(), tenant, hub, sent_at, command }
    }
}
