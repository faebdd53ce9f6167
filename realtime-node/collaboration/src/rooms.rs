//! All rooms of a node.

use crate::appender::Appender;
use crate::connection::{access, refuse, serve};
use crate::keeper::{keep, recheck_all};
use crate::ports::RoomPorts;
use crate::publisher::Publisher;
use crate::room::{Phase, Room};
use crate::{Options, RoomEvent, exchange};
use octavo_domain_collaboration::{Close, Peer};
use octavo_domain_kernel::{DocumentId, PortError, Principal, Session, TenantId};
use octavo_domain_realtime::{Channel, Command, Envelope};
use parking_lot::Mutex;
use realtime_node_websocket::{Ended, Reader, Sender};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A room that takes longer to open is tried again later.
const OPEN_MAX: Duration = Duration::from_secs(15);
/// What is still not kept so long after the last connection was closed is left to [`Rooms::save_left_behind`].
const DRAIN_MAX: Duration = Duration::from_secs(20);
/// Rooms that dead nodes left are saved so many at a time.
const LEFT_BEHIND_MAX: u16 = 50;

pub(crate) struct Inner {
    pub(crate) options: Options,
    pub(crate) ports: RoomPorts,
    pub(crate) appender: Appender,
    pub(crate) publisher: Publisher,
    pub(crate) draining: AtomicBool,
    rooms: Mutex<HashMap<Channel, Arc<Room>>>,
    peers: AtomicU64,
}

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RoomCounters {
    /// Open rooms.
    pub rooms: usize,
    /// Connections in them.
    pub connections: usize,
    /// Bytes of edits that the store does not have yet.
    pub waiting_bytes: usize,
    /// Bytes of their states, about, as they would be sent; in memory they have more.
    pub bytes: usize,
}

/// The rooms of a node; cheap to clone.
#[derive(Clone)]
pub struct Rooms(pub(crate) Arc<Inner>);

impl Rooms {
    /// None is open yet. Within a runtime of tokio.
    pub fn new(options: Options, ports: RoomPorts) -> Self {
        let (appender, publisher) = (Appender::new(options.clone(), ports.clone()), Publisher::new(ports.clone()));
        let (draining, rooms, peers) = (AtomicBool::new(false), Mutex::default(), AtomicU64::new(1));
        Self(Arc::new(Inner { options, ports, appender, publisher, draining, rooms, peers }))
    }

    /// Serves a client's socket until it ends: opens the room, or closes the socket with the code that says why not
    /// ([`Close`]).
    pub async fn join(&self, session: Session, document: DocumentId, (reader, sender): (Reader, Sender)) -> Ended {
        serve(&self.0, session, document, reader, sender).await
    }

    /// Closes a socket that was refused before it could join.
    pub async fn refuse(&self, why: Close, (reader, sender): (Reader, Sender)) -> Ended {
        self.0.ports.observer.observe(RoomEvent::Left(Some(why.code())));
        refuse(why, reader, &sender).await
    }

    /// Whether `principal` could join.
    pub async fn may_join(&self, principal: &Principal, document: DocumentId) -> Result<(), Close> {
        access(&self.0, principal, document).await.map(drop)
    }

    /// A message of the backplane. Others' channels, and what this node said itself, are passed over. Does not wait.
    pub fn received(&self, channel: &Channel, envelope: &Envelope) {
        if envelope.origin == self.0.ports.node {
            return;
        }
        let Command::Room { message } = &envelope.command else { return };
        let room = self.0.rooms.lock().get(channel).cloned();
        if let Some(room) = room
            && room.tenant == envelope.tenant
        {
            exchange::received(&self.0, &room, message);
        }
    }

    /// The backplane was away and is back: every room is compared with the store and with the other nodes, spread over a
    /// few seconds by their number.
    pub fn backplane_recovered(&self) {
        let rooms = self.0.open_rooms();
        let inner = Arc::clone(&self.0);
        tokio::spawn(async move {
            // Not all at once: the store has other things to do.
            let pause = Duration::from_millis((3_000 / rooms.len().max(1) as u64).min(20));
            let _ = tokio::time::timeout(Duration::from_secs(5), inner.ports.backplane.subscribed()).await;
            for room in rooms {
                room.live.lock().reload = true;
                room.wake.notify_one();
                tokio::time::sleep(pause).await;
            }
        });
    }

    /// Somebody may do more or less with the document: looked up for all who are in its room here.
    pub fn permissions_changed(&self, tenant: &TenantId, document: DocumentId) {
        if let Some(room) = self.0.room(tenant, document) {
            tokio::spawn(recheck_all(Arc::clone(&self.0), room));
        }
    }

    /// The document has this version, whoever wrote it. A room that does not have it takes it in.
    pub fn document_changed(&self, tenant: &TenantId, document: DocumentId, version: u32) {
        if let Some(room) = self.0.room(tenant, document) {
            let mut live = room.live.lock();
            live.version_heard = live.version_heard.max(version);
            drop(live);
            room.wake.notify_one();
        }
    }

    /// The document was deleted: its room is closed with 4404.
    pub fn document_deleted(&self, tenant: &TenantId, document: DocumentId) {
        if let Some(room) = self.0.room(tenant, document) {
            room.close_all(Close::NoDocument);
        }
    }

    /// A user's sessions were revoked: their connections are closed with 4401.
    pub fn revoked(&self, tenant: &TenantId, user: &octavo_domain_kernel::UserId) {
        for room in self.0.open_rooms() {
            if room.tenant != *tenant {
                continue;
            }
            let live = room.live.lock();
            for connection in live.connections.values().filter(|one| one.principal.user == *user) {
                connection.sender.close(Close::Token.code(), Close::Token.reason());
            }
        }
    }

    /// Ends: takes nobody any more, closes everybody with 1012 spread over `spread`, appends and saves what is not. What
    /// cannot be saved in time is appended at least, and is saved by another node.
    pub async fn drain(&self, spread: Duration) {
        self.0.draining.store(true, Ordering::SeqCst);
        let mut connections = Vec::new();
        for room in self.0.open_rooms() {
            for sender in room.live.lock().senders(None) {
                let share = ((self.0.ports.random)() >> 32) as f64 / f64::from(u32::MAX);
                connections.push((spread.mul_f64(share), sender));
            }
        }
        connections.sort_by_key(|(after, _)| *after);
        let started = Instant::now();
        for (after, sender) in connections {
            tokio::time::sleep_until((started + after).into()).await;
            sender.close(Close::Restart.code(), Close::Restart.reason());
        }
        let all = async {
            for room in self.0.open_rooms() {
                // Whoever joined at the last moment.
                room.close_all(Close::Restart);
                room.wake.notify_one();
                let mut phase = room.phase.subscribe();
                let _ = phase.wait_for(|phase| matches!(phase, Phase::Over | Phase::Failed(_))).await;
            }
        };
        if tokio::time::timeout(DRAIN_MAX, all).await.is_err() {
            let rooms = self.0.rooms.lock().len();
            tracing::error!(rooms, "rooms: not all could be saved before the end");
        }
    }

    /// Saves rooms with edits in no version, older than `older_than`, that no node came to save: it died. Answers how many
    /// were opened for that. To be called now and then on every node; one of them does each.
    pub async fn save_left_behind(&self, older_than: chrono::DateTime<chrono::Utc>) -> Result<usize, PortError> {
        let rooms = self.0.ports.store.room_unsaved(older_than, LEFT_BEHIND_MAX).await?;
        let mut opened = 0;
        for (tenant, document) in rooms {
            // An opened room is saved because it has updates, and unloaded because nobody is in it.
            if self.0.room(&tenant, document).is_none() && self.0.enter(&tenant, document, 0).await.is_ok() {
                opened += 1;
            }
        }
        Ok(opened)
    }

    /// How much there is now.
    pub fn counters(&self) -> RoomCounters {
        let rooms = self.0.open_rooms();
        let waiting_bytes = self.0.appender.waiting_bytes();
        let mut counters = RoomCounters { rooms: rooms.len(), waiting_bytes, ..RoomCounters::default() };
        for room in rooms {
            let live = room.live.lock();
            counters.connections += live.connections.len();
            counters.bytes += live.replica.bytes();
        }
        counters
    }
}

impl Inner {
    pub(crate) fn next_peer(&self) -> Peer {
        Peer(self.peers.fetch_add(1, Ordering::Relaxed))
    }

    fn open_rooms(&self) -> Vec<Arc<Room>> {
        self.rooms.lock().values().cloned().collect()
    }

    fn room(&self, tenant: &TenantId, document: DocumentId) -> Option<Arc<Room>> {
        self.rooms.lock().get(&Channel::room(tenant, document)).cloned()
    }

    /// The room, open; opened once for all who come meanwhile. `version` is the document's newest that is known.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        tenant: &TenantId,
        document: DocumentId,
        version: u32,
    ) -> Result<Arc<Room>, Close> {
        loop {
            let room = self.find_or_open(tenant, document, version)?;
            let mut phase = room.phase.subscribe();
            let known = phase.wait_for(|phase| *phase != Phase::Opening);
            let known = tokio::time::timeout(OPEN_MAX, known).await.map_err(|_| Close::TryAgain)?;
            let known = known.map(|phase| *phase);
            match known {
                Ok(Phase::Failed(why)) => return Err(why),
                Ok(Phase::Over) | Err(_) => tokio::task::yield_now().await,
                Ok(_) => {
                    self.hear_of(&room, version);
                    return Ok(room);
                }
            }
        }
    }

    /// A document's version that somebody spoke of.
    fn hear_of(&self, room: &Room, version: u32) {
        let mut live = room.live.lock();
        if live.version_heard < version && live.version < version {
            live.version_heard = version;
            drop(live);
            room.wake.notify_one();
        }
    }

    fn find_or_open(
        self: &Arc<Self>,
        tenant: &TenantId,
        document: DocumentId,
        version: u32,
    ) -> Result<Arc<Room>, Close> {
        if self.draining.load(Ordering::SeqCst) {
            return Err(Close::Restart);
        }
        let mut rooms = self.rooms.lock();
        if let Some(room) = rooms.get(&Channel::room(tenant, document)) {
            return Ok(Arc::clone(room));
        }
        if rooms.len() >= self.options.rooms_max {
            return Err(Close::TryAgain);
        }
        let room = Arc::new(Room::new(tenant.clone(), document));
        // Under the lock: a room that is being unloaded must not unsubscribe the new one.
        self.ports.backplane.subscribe(std::slice::from_ref(&room.channel));
        rooms.insert(room.channel.clone(), Arc::clone(&room));
        tokio::spawn(keep(Arc::clone(self), Arc::clone(&room), version));
        Ok(room)
    }

    /// The room is no longer open here.
    pub(crate) fn forget(&self, room: &Room) {
        let mut rooms = self.rooms.lock();
        if rooms.get(&room.channel).is_some_and(|known| std::ptr::eq(&**known, room)) {
            rooms.remove(&room.channel);
            self.ports.backplane.unsubscribe(std::slice::from_ref(&room.channel));
        }
    }
}
