//! All connections of a server by their ids, and how many there are.

use crate::connection::Connection;
use crate::{Limits, Refusal};
use foldhash::fast::RandomState;
use octavo_domain_realtime::ConnectionId;
use octavo_domain_signalr::Transport;
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Parts of the map, each under its own lock.
const SHARDS: usize = 64;

type Shard = RwLock<HashMap<ConnectionId, Arc<Connection>, RandomState>>;

/// All connections.
pub(crate) struct Registry {
    shards: Vec<Shard>,
    hasher: RandomState,
    total: AtomicUsize,
    pending: AtomicUsize,
    // By transport, of those that have shaken hands.
    open: [AtomicUsize; 3],
    addresses: Mutex<HashMap<IpAddr, u32>>,
}

impl Registry {
    pub(crate) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            hasher: RandomState::default(),
            total: AtomicUsize::new(0),
            pending: AtomicUsize::new(0),
            open: Default::default(),
            addresses: Mutex::new(HashMap::new()),
        }
    }

    fn shard(&self, id: &ConnectionId) -> &Shard {
        &self.shards[self.hasher.hash_one(id) as usize % SHARDS]
    }

    pub(crate) fn get(&self, id: &ConnectionId) -> Option<Arc<Connection>> {
        self.shard(id).read().get(id).cloned()
    }

    /// Counts one more, if there is room; to be followed by [`Registry::add`].
    pub(crate) fn admit(&self, address: IpAddr, limits: &Limits) -> Result<(), Refusal> {
        let mut addresses = self.addresses.lock();
        if self.total.load(Ordering::Relaxed) >= limits.connections {
            return Err(Refusal::Full);
        }
        if self.pending.load(Ordering::Relaxed) >= limits.pending {
            return Err(Refusal::Pending);
        }
        let of_address = addresses.entry(address).or_insert(0);
        if *of_address as usize >= limits.connections_per_address {
            return Err(Refusal::Address);
        }
        *of_address += 1;
        self.total.fetch_add(1, Ordering::Relaxed);
        self.pending.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn add(&self, connection: Arc<Connection>) {
        self.shard(&connection.id).write().insert(connection.id, connection);
    }

    /// It has shaken hands, or has ended before it did.
    pub(crate) fn not_pending(&self) {
        self.pending.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn remove(&self, connection: &Connection) {
        if self.shard(&connection.id).write().remove(&connection.id).is_none() {
            return;
        }
        let mut addresses = self.addresses.lock();
        self.total.fetch_sub(1, Ordering::Relaxed);
        if let Some(count) = addresses.get_mut(&connection.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                addresses.remove(&connection.address);
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    pub(crate) fn pending(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }

    /// One of the transport has shaken hands.
    pub(crate) fn opened(&self, transport: Transport) {
        self.open[place(transport)].fetch_add(1, Ordering::Relaxed);
    }

    /// One that had shaken hands has ended.
    pub(crate) fn closed(&self, transport: Transport) {
        self.open[place(transport)].fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn open(&self, transport: Transport) -> usize {
        self.open[place(transport)].load(Ordering::Relaxed)
    }

    /// All of them, for draining.
    pub(crate) fn all(&self) -> Vec<Arc<Connection>> {
        let mut all = Vec::with_capacity(self.len());
        for shard in &self.shards {
            all.extend(shard.read().values().cloned());
        }
        all
    }
}

fn place(transport: Transport) -> usize {
    match transport {
        Transport::WebSockets => 0,
        Transport::ServerSentEvents => 1,
        Transport::LongPolling => 2,
    }
}
