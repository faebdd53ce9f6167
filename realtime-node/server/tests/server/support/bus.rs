//! A backplane within this process, which a test can take away from a node.

use async_trait::async_trait;
use bytes::Bytes;
use octavo_domain_kernel::{PortError, PortErrorKind};
use octavo_domain_realtime::{
    Backplane, BackplaneListener, BackplaneState, Channel, History, HistoryEntry, HistoryLimits, Position,
};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

#[derive(Default)]
struct Log {
    epoch: u64,
    first: u64,
    entries: Vec<Bytes>,
}

#[derive(Default)]
struct Node {
    wanted: HashSet<Channel>,
    listener: Option<Arc<dyn BackplaneListener>>,
    away: bool,
    asked: usize,
}

#[derive(Default)]
struct State {
    nodes: Vec<Node>,
    logs: HashMap<Channel, Log>,
}

/// All nodes.
#[derive(Clone, Default)]
pub(crate) struct Bus(Arc<Mutex<State>>);

/// One node's way to it.
pub(crate) struct BusPort {
    bus: Bus,
    node: usize,
}

impl Bus {
    pub(crate) fn port(&self) -> Arc<BusPort> {
        let mut state = self.0.lock();
        state.nodes.push(Node::default());
        Arc::new(BusPort { bus: self.clone(), node: state.nodes.len() - 1 })
    }

    /// Whether any node wants a channel.
    pub(crate) fn wants(&self, part: &str) -> bool {
        self.0.lock().nodes.iter().any(|node| node.wanted.iter().any(|channel| channel.as_str().contains(part)))
    }

    /// For how many channels a node has asked how far their histories go.
    pub(crate) fn asked(&self, node: usize) -> usize {
        self.0.lock().nodes[node].asked
    }

    /// Takes it away from a node.
    pub(crate) fn cut(&self, node: usize) {
        self.tell(node, BackplaneState::Away);
    }

    pub(crate) fn mend(&self, node: usize) {
        self.tell(node, BackplaneState::Connected);
    }

    /// Forgets what was kept, all but the last `kept` of each channel.
    pub(crate) fn forget(&self, kept: usize) {
        for log in self.0.lock().logs.values_mut() {
            let gone = log.entries.len().saturating_sub(kept);
            log.entries.drain(..gone);
            log.first += gone as u64;
        }
    }

    fn tell(&self, node: usize, to: BackplaneState) {
        let listener = {
            let mut state = self.0.lock();
            state.nodes[node].away = to == BackplaneState::Away;
            state.nodes[node].listener.clone()
        };
        if let Some(listener) = listener {
            listener.changed(to);
        }
    }

    fn listeners(state: &State, channel: &Channel) -> Vec<Arc<dyn BackplaneListener>> {
        let listening = state.nodes.iter().filter(|node| !node.away && node.wanted.contains(channel));
        listening.filter_map(|node| node.listener.clone()).collect()
    }
}

impl BusPort {
    fn check(&self) -> Result<(), PortError> {
        if self.bus.0.lock().nodes[self.node].away { Err(PortErrorKind::Unavailable.into()) } else { Ok(()) }
    }
}

fn position(log: &Log) -> Position {
    Position { epoch: format!("e{}", log.epoch), offset: log.first + log.entries.len() as u64 }
}

#[async_trait]
impl Backplane for BusPort {
    async fn publish(&self, channel: &Channel, payload: Bytes) -> Result<u64, PortError> {
        self.check()?;
        let listeners = Bus::listeners(&self.bus.0.lock(), channel);
        for listener in &listeners {
            listener.received(channel, payload.clone(), None);
        }
        Ok(listeners.len() as u64)
    }

    async fn publish_many(&self, messages: Vec<(Channel, Bytes)>) -> Result<(), PortError> {
        for (channel, payload) in messages {
            self.publish(&channel, payload).await?;
        }
        Ok(())
    }

    async fn publish_durable(
        &self,
        channel: &Channel,
        payload: Bytes,
        _limits: HistoryLimits,
    ) -> Result<Position, PortError> {
        self.check()?;
        let (position, listeners) = {
            let mut state = self.bus.0.lock();
            let log = state.logs.entry(channel.clone()).or_default();
            log.entries.push(payload.clone());
            (position(log), Bus::listeners(&state, channel))
        };
        for listener in listeners {
            listener.received(channel, payload.clone(), Some(position.clone()));
        }
        Ok(position)
    }

    async fn history(&self, channel: &Channel, since: Option<&Position>, limit: usize) -> Result<History, PortError> {
        self.check()?;
        let mut state = self.bus.0.lock();
        let log = state.logs.entry(channel.clone()).or_default();
        let top = position(log);
        let Some(since) = since else { return Ok(History { whole: true, entries: Vec::new(), top }) };
        let whole = since.epoch == top.epoch
            && since.offset >= log.first
            && (top.offset.saturating_sub(since.offset)) as usize <= limit;
        if !whole {
            return Ok(History { whole, entries: Vec::new(), top });
        }
        let skipped = (since.offset - log.first) as usize;
        let entries = log
            .entries
            .iter()
            .enumerate()
            .skip(skipped)
            .map(|(at, payload)| HistoryEntry { offset: log.first + at as u64 + 1, payload: payload.clone() });
        Ok(History { whole, entries: entries.collect(), top })
    }

    async fn tops(&self, channels: &[Channel]) -> Result<Vec<Option<Position>>, PortError> {
        self.check()?;
        let mut state = self.bus.0.lock();
        state.nodes[self.node].asked += channels.len();
        Ok(channels.iter().map(|channel| state.logs.get(channel).map(position)).collect())
    }

    fn subscribe(&self, channels: &[Channel]) {
        self.bus.0.lock().nodes[self.node].wanted.extend(channels.iter().cloned());
    }

    fn unsubscribe(&self, channels: &[Channel]) {
        let mut state = self.bus.0.lock();
        for channel in channels {
            state.nodes[self.node].wanted.remove(channel);
        }
    }

    async fn subscribed(&self) -> Result<(), PortError> {
        self.check()
    }

    fn listen(&self, listener: Arc<dyn BackplaneListener>) {
        self.bus.0.lock().nodes[self.node].listener = Some(listener);
    }

    fn state(&self) -> BackplaneState {
        if self.check().is_ok() { BackplaneState::Connected } else { BackplaneState::Away }
    }
}
