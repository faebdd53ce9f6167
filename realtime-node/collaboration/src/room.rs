//! An open room on this node: its replica, who is in it, and what goes to whom.

use crate::RoomEvent;
use crate::ports::{RoomRole, Writer};
use crate::rooms::Inner;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_collaboration::{
    Close, Edited, Message, Peer, Presence, PresenceUpdate, Replica, ReplicaFault, Stamp, Unsaved,
};
use octavo_domain_kernel::{DocumentId, Principal, TenantId, UserId};
use octavo_domain_realtime::Channel;
use parking_lot::Mutex;
use realtime_node_websocket::{Frame, Sender, WhenFull};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Notify, watch};

/// Where a room is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Opening,
    Open,
    /// It could not be opened; whoever waits is told so.
    Failed(Close),
    /// It was unloaded: ask for it again.
    Over,
}

/// One client.
pub(crate) struct Connection {
    pub(crate) sender: Sender,
    pub(crate) principal: Arc<Principal>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) role: RoomRole,
    /// When it was looked up what they may do, or tried to.
    pub(crate) checked: Instant,
    /// When that was known last.
    pub(crate) known: Instant,
    /// Whether its first question was answered. Before, it is sent no updates: they would build on what it does not have.
    pub(crate) synced: bool,
}

pub(crate) struct Room {
    pub(crate) tenant: TenantId,
    pub(crate) document: DocumentId,
    pub(crate) channel: Channel,
    pub(crate) phase: watch::Sender<Phase>,
    /// Wakes the keeper: something may be due.
    pub(crate) wake: Notify,
    pub(crate) live: Mutex<Live>,
}

/// What changes.
pub(crate) struct Live {
    pub(crate) replica: Replica,
    pub(crate) presence: Presence,
    pub(crate) connections: HashMap<Peer, Connection>,
    /// The newest version of the document that is in the room.
    pub(crate) version: u32,
    /// A newer one that somebody spoke of.
    pub(crate) version_heard: u32,
    /// The digest of the text that was written as that version, where it is known.
    pub(crate) saved: Option<[u8; 32]>,
    pub(crate) unsaved: Option<Unsaved>,
    pub(crate) writer: Option<Writer>,
    /// A client of this node wrote what is held back because something before it is missing. Nobody has it but them and this
    /// node: when it comes free, this node appends it, whoever brought what was missing.
    pub(crate) held_of: Option<UserId>,
    /// Updates in the store beside the snapshot, about.
    pub(crate) kept: u32,
    /// When another node that has it open was heard of last.
    pub(crate) others_heard: Option<Instant>,
    /// When this node's state was published last.
    pub(crate) asked: Option<Instant>,
    /// Since when nobody of this node is in it.
    pub(crate) empty_since: Option<Instant>,
    /// Something may have been missed: load again.
    pub(crate) reload: bool,
    /// The replica is damaged: make it anew.
    pub(crate) broken: bool,
    /// Unloaded: nobody may join any more.
    pub(crate) over: bool,
}

/// Where an update comes from.
pub(crate) enum Source {
    /// A client of this node.
    Peer(Peer),
    /// Another node: it appends.
    Node,
    /// The store, or what was made of a version.
    Store,
}

impl Room {
    pub(crate) fn new(tenant: TenantId, document: DocumentId) -> Self {
        let channel = Channel::room(&tenant, document);
        let live = Live {
            replica: Replica::default(),
            presence: Presence::default(),
            connections: HashMap::new(),
            version: 0,
            version_heard: 0,
            saved: None,
            unsaved: None,
            writer: None,
            held_of: None,
            kept: 0,
            others_heard: None,
            asked: None,
            empty_since: Some(Instant::now()),
            reload: false,
            broken: false,
            over: false,
        };
        let phase = watch::Sender::new(Phase::Opening);
        Self { tenant, document, channel, phase, wake: Notify::new(), live: Mutex::new(live) }
    }

    /// Takes an update in and sends what was new to everybody of this node but who it came from. Answers what was new.
    pub(crate) fn absorb(&self, inner: &Inner, update: &[u8], from: &Source) -> Result<Option<Bytes>, ReplicaFault> {
        let mut live = self.live.lock();
        let held = live.replica.holds();
        let absorbed = match from {
            Source::Peer(_) => live.replica.absorb_foreign(update),
            Source::Node | Source::Store => live.replica.absorb(update),
        };
        let freed = if matches!(from, Source::Peer(_)) { None } else { live.held_of.clone() };
        if !live.replica.holds() {
            live.held_of = None;
        } else if let Source::Peer(peer) = from
            && let Some(connection) = live.connections.get(peer)
        {
            live.held_of = Some(connection.principal.user.clone());
        }
        let new = match absorbed {
            Ok(Some(new)) => new,
            Ok(None) => return Ok(None),
            Err(fault) => {
                live.broken |= fault == ReplicaFault::Broken;
                drop(live);
                self.wake.notify_one();
                return Err(fault);
            }
        };
        let by = if matches!(from, Source::Peer(_)) { Edited::Here } else { Edited::Elsewhere };
        let first = live.unsaved.is_none();
        live.unsaved = Some(Unsaved::and(live.unsaved, Instant::now(), by));
        let except = match from {
            Source::Peer(peer) => {
                live.kept = live.kept.saturating_add(1);
                if let Some(connection) = live.connections.get(peer) {
                    live.writer = Some(Writer::from(&*connection.principal));
                }
                Some(*peer)
            }
            Source::Node => {
                live.kept = live.kept.saturating_add(1);
                None
            }
            Source::Store => None,
        };
        // With it may come what others wrote and was held back: that is new to whoever sent it, too.
        let receivers = live.synced(if held { None } else { except });
        // Under the lock, so that everybody gets updates in the order in which they build on each other.
        send(&receivers, &Message::Update(&new), WhenFull::Disconnect);
        drop(live);
        if let Some(user) = freed {
            inner.publisher.publish(&self.tenant, &self.channel, Message::Update(&new).encode());
            inner.appender.push(&self.tenant, self.document, new.clone(), user);
        }
        match from {
            Source::Peer(_) => {
                let (bytes, receivers) = (update.len(), receivers.len());
                inner.ports.observer.observe(RoomEvent::Accepted { bytes, receivers });
            }
            Source::Node => inner.ports.observer.observe(RoomEvent::Relayed),
            Source::Store => {}
        }
        if first {
            self.wake.notify_one();
        }
        Ok(Some(new))
    }

    /// Somebody comes: what they are told first. Refused with the reason.
    pub(crate) fn admit(&self, inner: &Inner, peer: Peer, connection: Connection) -> Result<(), Option<Close>> {
        let mut live = self.live.lock();
        if live.over {
            return Err(None);
        }
        if live.connections.len() >= inner.options.connections_max {
            return Err(Some(Close::Limits));
        }
        let sender = connection.sender.clone();
        // A viewer has nothing to tell: it is not asked.
        let asks = connection.role == RoomRole::Editor;
        live.connections.insert(peer, connection);
        live.empty_since = None;
        let (state, everybody) = (live.replica.state_vector(), live.presence.everybody());
        drop(live);
        if asks {
            send(std::slice::from_ref(&sender), &Message::Step1(&state), WhenFull::Disconnect);
        }
        if let Some(everybody) = everybody {
            send(std::slice::from_ref(&sender), &Message::Awareness(&everybody), WhenFull::Disconnect);
        }
        Ok(())
    }

    /// Somebody is gone.
    pub(crate) fn leave(&self, inner: &Inner, peer: Peer) {
        let gone = {
            let mut live = self.live.lock();
            live.connections.remove(&peer);
            if live.connections.is_empty() {
                live.empty_since = Some(Instant::now());
            }
            live.presence.left(peer, inner.ports.clock.now())
        };
        self.tell(inner, None, &gone);
        self.wake.notify_one();
    }

    /// A client's awareness message.
    pub(crate) fn heard(&self, inner: &Inner, peer: Peer, stamp: &Stamp, message: &[u8]) -> Result<(), Close> {
        let now = inner.ports.clock.now();
        let heard = self.live.lock().presence.heard(peer, stamp, message, now).map_err(|_| Close::Malformed)?;
        self.tell(inner, Some(peer), &heard);
        Ok(())
    }

    /// Passes awareness on, here and to other nodes.
    fn tell(&self, inner: &Inner, except: Option<Peer>, updates: &[PresenceUpdate]) {
        self.show(except, updates);
        for update in updates {
            let message = Message::Awareness(&update.payload).encode();
            inner.publisher.publish(&self.tenant, &self.channel, message);
        }
    }

    /// Passes awareness on to this node's clients. A slow one gets the newest of each only.
    pub(crate) fn show(&self, except: Option<Peer>, updates: &[PresenceUpdate]) {
        if updates.is_empty() {
            return;
        }
        let receivers = self.live.lock().senders(except);
        for update in updates {
            send(&receivers, &Message::Awareness(&update.payload), WhenFull::Replace { key: update.client });
        }
    }

    /// Closes everybody.
    pub(crate) fn close_all(&self, why: Close) {
        for sender in self.live.lock().senders(None) {
            sender.close(why.code(), why.reason());
        }
    }
}

impl Live {
    pub(crate) fn senders(&self, except: Option<Peer>) -> Vec<Sender> {
        let others = self.connections.iter().filter(|(peer, _)| Some(**peer) != except);
        others.map(|(_, connection)| connection.sender.clone()).collect()
    }

    /// Whoever is to get updates.
    pub(crate) fn synced(&self, except: Option<Peer>) -> Vec<Sender> {
        let others = self.connections.iter().filter(|(peer, one)| one.synced && Some(**peer) != except);
        others.map(|(_, connection)| connection.sender.clone()).collect()
    }

    /// Whether another node has the room open, as far as is known.
    pub(crate) fn shared(&self, within: std::time::Duration) -> bool {
        self.others_heard.is_some_and(|heard| heard.elapsed() < within)
    }
}

impl From<&Principal> for Writer {
    fn from(principal: &Principal) -> Self {
        Self { tenant: principal.tenant.clone(), user: principal.user.clone(), name: principal.name.clone() }
    }
}

/// Encoded once; a call to the kernel for each. Whoever cannot take it is disconnected and leaves by
/// the end of its own task.
pub(crate) fn send(receivers: &[Sender], message: &Message<'_>, when_full: WhenFull) {
    if receivers.is_empty() {
        return;
    }
    let frame = Frame::binary(&message.encode());
    for receiver in receivers {
        let _ = receiver.send_as(&frame, when_full);
    }
}
