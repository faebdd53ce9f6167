//! Who listens to what.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use indexmap::IndexSet;

use crate::outbox::Outbox;
use crate::pattern;
use crate::reply::Reply;
use crate::resp::encode;

/// A name space of subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Channel,
    Pattern,
    Shard,
}

/// One who listens.
#[derive(Debug, Clone)]
struct Listener {
    outbox: Arc<Outbox>,
    protocol: u8,
}

type Listeners = HashMap<Bytes, BTreeMap<u64, Listener>>;

/// What one client listens to, each kind in the order in which it subscribed, as long as it gives nothing up. A client
/// may have tens of thousands: nothing here goes through all of them for one.
#[derive(Debug, Default)]
struct Subscribed {
    channels: IndexSet<Bytes>,
    patterns: IndexSet<Bytes>,
    shards: IndexSet<Bytes>,
}

impl Subscribed {
    fn of(&self, kind: Kind) -> &IndexSet<Bytes> {
        match kind {
            Kind::Channel => &self.channels,
            Kind::Pattern => &self.patterns,
            Kind::Shard => &self.shards,
        }
    }

    fn of_mut(&mut self, kind: Kind) -> &mut IndexSet<Bytes> {
        match kind {
            Kind::Channel => &mut self.channels,
            Kind::Pattern => &mut self.patterns,
            Kind::Shard => &mut self.shards,
        }
    }

    fn total(&self) -> usize {
        self.channels.len() + self.patterns.len() + self.shards.len()
    }
}

/// All subscriptions of the server. Databases do not matter here.
#[derive(Debug, Default)]
pub(crate) struct PubSub {
    channels: Listeners,
    patterns: Listeners,
    shards: Listeners,
    by_client: HashMap<u64, Subscribed>,
}

impl PubSub {
    fn listeners(&mut self, kind: Kind) -> &mut Listeners {
        match kind {
            Kind::Channel => &mut self.channels,
            Kind::Pattern => &mut self.patterns,
            Kind::Shard => &mut self.shards,
        }
    }

    /// Subscribes; `false` when it was subscribed already.
    pub(crate) fn add(&mut self, client: u64, protocol: u8, outbox: &Arc<Outbox>, kind: Kind, name: &Bytes) -> bool {
        let name = Bytes::copy_from_slice(name);
        let listener = Listener { outbox: Arc::clone(outbox), protocol };
        let added = self.listeners(kind).entry(name.clone()).or_default().insert(client, listener).is_none();
        if added {
            self.by_client.entry(client).or_default().of_mut(kind).insert(name);
        }
        added
    }

    /// Unsubscribes; `false` when it was not subscribed.
    pub(crate) fn remove(&mut self, client: u64, kind: Kind, name: &Bytes) -> bool {
        let listeners = self.listeners(kind);
        let Some(of_name) = listeners.get_mut(name) else { return false };
        let removed = of_name.remove(&client).is_some();
        if of_name.is_empty() {
            listeners.remove(name);
        }
        if removed && let Some(names) = self.by_client.get_mut(&client) {
            names.of_mut(kind).swap_remove(name);
            if names.total() == 0 {
                self.by_client.remove(&client);
            }
        }
        removed
    }

    /// What a client listens to, of one kind.
    pub(crate) fn names_of(&self, client: u64, kind: Kind) -> Vec<Bytes> {
        self.by_client.get(&client).map(|names| names.of(kind).iter().cloned().collect()).unwrap_or_default()
    }

    /// The count that a confirmation tells: channels and patterns together, shard channels apart.
    pub(crate) fn count(&self, client: u64, kind: Kind) -> usize {
        self.by_client.get(&client).map_or(0, |names| match kind {
            Kind::Shard => names.shards.len(),
            Kind::Channel | Kind::Pattern => names.channels.len() + names.patterns.len(),
        })
    }

    /// How many subscriptions a client has, of all kinds.
    pub(crate) fn total(&self, client: u64) -> usize {
        self.by_client.get(&client).map_or(0, Subscribed::total)
    }

    /// Forgets a client.
    pub(crate) fn remove_client(&mut self, client: u64) {
        let Some(names) = self.by_client.remove(&client) else { return };
        for kind in [Kind::Channel, Kind::Pattern, Kind::Shard] {
            let listeners = self.listeners(kind);
            for name in names.of(kind) {
                if let Some(of_name) = listeners.get_mut(name) {
                    of_name.remove(&client);
                    if of_name.is_empty() {
                        listeners.remove(name);
                    }
                }
            }
        }
    }

    /// Sends a message to all who listen. Returns how many that were.
    pub(crate) fn publish(&self, channel: &Bytes, message: &Bytes, sharded: bool) -> usize {
        let exact = if sharded { &self.shards } else { &self.channels };
        let mut sent = 0;
        if let Some(listeners) = exact.get(channel) {
            let kind = if sharded { "smessage" } else { "message" };
            sent +=
                send(listeners, vec![Reply::word(kind), Reply::Bulk(channel.clone()), Reply::Bulk(message.clone())]);
        }
        if !sharded {
            for (name, listeners) in &self.patterns {
                if pattern::matches(name, channel) {
                    let parts = [name, channel, message].map(|part| Reply::Bulk(part.clone()));
                    sent += send(listeners, std::iter::once(Reply::word("pmessage")).chain(parts).collect());
                }
            }
        }
        sent
    }

    /// The names somebody listens to, that match a pattern.
    pub(crate) fn active(&self, kind: Kind, filter: Option<&Bytes>) -> Vec<Bytes> {
        let listeners = if kind == Kind::Shard { &self.shards } else { &self.channels };
        listeners.keys().filter(|name| filter.is_none_or(|f| pattern::matches(f, name))).cloned().collect()
    }

    pub(crate) fn listener_count(&self, kind: Kind, name: &Bytes) -> usize {
        let listeners = if kind == Kind::Shard { &self.shards } else { &self.channels };
        listeners.get(name).map_or(0, BTreeMap::len)
    }

    pub(crate) fn pattern_count(&self) -> usize {
        self.patterns.len()
    }
}

/// Encodes once for each protocol version, not once for each listener.
fn send(listeners: &BTreeMap<u64, Listener>, parts: Vec<Reply>) -> usize {
    let message = Reply::Push(parts);
    let mut encoded: [Option<Vec<u8>>; 2] = [None, None];
    for listener in listeners.values() {
        let bytes = encoded[usize::from(listener.protocol >= 3)].get_or_insert_with(|| {
            let mut out = Vec::new();
            encode(&mut out, &message, listener.protocol);
            out
        });
        listener.outbox.push(bytes);
    }
    listeners.len()
}
