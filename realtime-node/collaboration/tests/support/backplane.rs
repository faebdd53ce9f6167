//! A backplane in memory that loses, doubles and reorders as it is told to.

use async_trait::async_trait;
use bytes::Bytes;
use octavo_domain_kernel::{Lease, PortError};
use octavo_domain_realtime::{
    Backplane, BackplaneListener, BackplaneState, Channel, History, HistoryLimits, NodeId, Position,
};
use parking_lot::Mutex;
use rand::RngExt;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{Duration, Instant};

/// What joins all nodes of a test.
#[derive(Default)]
pub(crate) struct Hub {
    nodes: Mutex<HashMap<NodeId, Arc<Wire>>>,
    /// Of a hundred messages to a node so many are lost; as many come twice, and as many late.
    pub(crate) faults: AtomicU8,
    cut: AtomicBool,
    leases: Mutex<HashMap<String, (String, Instant)>>,
}

impl Hub {
    /// Nobody reaches anybody.
    pub(crate) fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
    }

    pub(crate) fn node(self: &Arc<Self>, id: &NodeId) -> Arc<Wire> {
        let wire = Arc::new(Wire { hub: Arc::clone(self), wanted: Mutex::default(), listener: Mutex::default() });
        self.nodes.lock().insert(id.clone(), Arc::clone(&wire));
        wire
    }

    pub(crate) fn forget(&self, id: &NodeId) {
        self.nodes.lock().remove(id);
    }

    fn carry(&self, channel: &Channel, payload: &Bytes) {
        let wires: Vec<_> = self.nodes.lock().values().cloned().collect();
        let faults = self.faults.load(Ordering::SeqCst);
        for wire in wires {
            let dice = |sides: u8| rand::rng().random_range(0..100u8) < sides;
            if dice(faults) {
                continue;
            }
            for _ in 0..if dice(faults) { 2 } else { 1 } {
                let late = dice(faults).then(|| Duration::from_millis(rand::rng().random_range(1..30)));
                let (wire, channel, payload) = (Arc::clone(&wire), channel.clone(), payload.clone());
                tokio::spawn(async move {
                    if let Some(late) = late {
                        tokio::time::sleep(late).await;
                    }
                    wire.deliver(&channel, payload);
                });
            }
        }
    }
}

/// One node's end.
pub(crate) struct Wire {
    hub: Arc<Hub>,
    wanted: Mutex<HashSet<Channel>>,
    listener: Mutex<Option<Arc<dyn BackplaneListener>>>,
}

impl Wire {
    fn deliver(&self, channel: &Channel, payload: Bytes) {
        if !self.wanted.lock().contains(channel) {
            return;
        }
        let listener = self.listener.lock().clone();
        if let Some(listener) = listener {
            listener.received(channel, payload, None);
        }
    }

    pub(crate) fn wants(&self, channel: &Channel) -> bool {
        self.wanted.lock().contains(channel)
    }
}

#[async_trait]
impl Backplane for Wire {
    async fn publish(&self, channel: &Channel, payload: Bytes) -> Result<u64, PortError> {
        self.publish_many(vec![(channel.clone(), payload)]).await.map(|()| 1)
    }

    async fn publish_many(&self, messages: Vec<(Channel, Bytes)>) -> Result<(), PortError> {
        if self.hub.cut.load(Ordering::SeqCst) {
            return Err(PortError::unavailable("cut"));
        }
        for (channel, payload) in messages {
            self.hub.carry(&channel, &payload);
        }
        Ok(())
    }

    async fn publish_durable(&self, _: &Channel, _: Bytes, _: HistoryLimits) -> Result<Position, PortError> {
        Err(PortError::unavailable("rooms need none"))
    }

    async fn history(&self, _: &Channel, _: Option<&Position>, _: usize) -> Result<History, PortError> {
        Err(PortError::unavailable("rooms need none"))
    }

    async fn tops(&self, _: &[Channel]) -> Result<Vec<Option<Position>>, PortError> {
        Err(PortError::unavailable("rooms need none"))
    }

    fn subscribe(&self, channels: &[Channel]) {
        self.wanted.lock().extend(channels.iter().cloned());
    }

    fn unsubscribe(&self, channels: &[Channel]) {
        let mut wanted = self.wanted.lock();
        for channel in channels {
            wanted.remove(channel);
        }
    }

    async fn subscribed(&self) -> Result<(), PortError> {
        Ok(())
    }

    fn listen(&self, listener: Arc<dyn BackplaneListener>) {
        *self.listener.lock() = Some(listener);
    }

    fn state(&self) -> BackplaneState {
        BackplaneState::Connected
    }
}

#[async_trait]
impl Lease for Hub {
    async fn lease_take(&self, name: &str, holder: &str, ttl: Duration) -> Result<bool, PortError> {
        tokio::task::yield_now().await;
        let mut leases = self.leases.lock();
        let free = leases.get(name).is_none_or(|(owner, end)| owner == holder || *end < Instant::now());
        if free {
            leases.insert(name.to_owned(), (holder.to_owned(), Instant::now() + ttl));
        }
        Ok(free)
    }

    async fn lease_release(&self, name: &str, holder: &str) -> Result<(), PortError> {
        self.leases.lock().retain(|lease, (owner, _)| lease != name || owner != holder);
        Ok(())
    }
}
