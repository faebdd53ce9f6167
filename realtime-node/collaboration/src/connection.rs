//! One client's socket, from its join to its end.

use crate::RoomEvent;
use crate::ports::RoomRole;
use crate::room::{Connection, Room, Source, send};
use crate::rooms::Inner;
use octavo_domain_collaboration::{
    Close, Message, Peer, ROOM_BYTES_MAX, ReplicaFault, Stamp, UPDATE_BYTES_MAX, messages,
};
use octavo_domain_documents::MediaType;
use octavo_domain_kernel::{DocumentId, Principal, Session};
use realtime_node_websocket::{Ended, Event, Reader, Sender, WhenFull};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A viewer may write so often before it is closed: it is told each time, and a well-kept one stops.
const REFUSED_WRITES_MAX: u32 = 20;
/// While it cannot be looked up what somebody may do, what was known so long ago still counts.
const ACCESS_STALE_MAX: Duration = Duration::from_secs(300);
/// So many bytes of an answer count as one message of whoever asked.
const ANSWER_BYTES_A_TURN: usize = 64 * 1024;
/// An update without anything in it: what every client answers that has nothing.
const EMPTY_UPDATE: &[u8] = &[0, 0];

/// Serves a socket until it ends. Refusals close it with their code.
pub(crate) async fn serve(
    inner: &Arc<Inner>,
    session: Session,
    document: DocumentId,
    mut reader: Reader,
    sender: Sender,
) -> Ended {
    let peer = inner.next_peer();
    let joined = join(inner, peer, session, document, &sender).await;
    let why = match joined {
        Ok(mut guest) => {
            inner.ports.observer.observe(RoomEvent::Joined);
            loop {
                match reader.next().await {
                    Ok(Event::Binary(frame)) => {
                        if let Err(why) = guest.frame(&frame).await {
                            break why;
                        }
                    }
                    Ok(Event::Text(_)) => break Close::Malformed,
                    Ok(Event::Ping | Event::Pong) => {}
                    Err(ended) => {
                        inner.ports.observer.observe(RoomEvent::Left(None));
                        return ended;
                    }
                }
            }
        }
        Err(why) => why,
    };
    inner.ports.observer.observe(RoomEvent::Left(Some(why.code())));
    refuse(why, reader, &sender).await
}

/// Closes a socket, and waits for its end.
pub(crate) async fn refuse(why: Close, mut reader: Reader, sender: &Sender) -> Ended {
    sender.close(why.code(), why.reason());
    loop {
        if let Err(ended) = reader.next().await {
            return ended;
        }
    }
}

/// What somebody may do with a document as a room.
pub(crate) async fn access(inner: &Inner, principal: &Principal, id: DocumentId) -> Result<(RoomRole, u32), Close> {
    match inner.ports.documents.access(principal, id).await {
        Ok(Some(access)) => match access.media_type {
            MediaType::Markdown | MediaType::Html | MediaType::Text => Ok((access.role, access.version)),
            MediaType::Pdf | MediaType::Docx => Err(Close::NotText),
        },
        Ok(None) => Err(Close::NoDocument),
        Err(error) => {
            tracing::warn!(%error, "rooms: it cannot be looked up who may open a document");
            Err(Close::TryAgain)
        }
    }
}

async fn join(
    inner: &Arc<Inner>,
    peer: Peer,
    session: Session,
    document: DocumentId,
    sender: &Sender,
) -> Result<Guest, Close> {
    if session.expires_at.is_some_and(|end| end <= inner.ports.clock.now()) {
        return Err(Close::Token);
    }
    let (role, version) = access(inner, &session.principal, document).await?;
    let stamp = Stamp::from(&session.principal);
    let principal = Arc::new(session.principal);
    loop {
        let room = inner.enter(&principal.tenant, document, version).await?;
        let now = Instant::now();
        let connection = Connection {
            sender: sender.clone(),
            principal: Arc::clone(&principal),
            expires_at: session.expires_at,
            role,
            checked: now,
            known: now,
            synced: false,
        };
        match room.admit(inner, peer, connection) {
            Ok(()) => {
                let (inner, sender) = (Arc::clone(inner), sender.clone());
                return Ok(Guest { inner, room, peer, principal, stamp, sender, refused: 0, pace: now });
            }
            Err(Some(why)) => return Err(why),
            // It was unloaded at this very moment: a new one is opened.
            Err(None) => {}
        }
    }
}

/// One who is in a room; leaves it when it is dropped.
struct Guest {
    inner: Arc<Inner>,
    room: Arc<Room>,
    peer: Peer,
    principal: Arc<Principal>,
    stamp: Stamp,
    sender: Sender,
    refused: u32,
    /// When the next message would be due at the allowed rate.
    pace: Instant,
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.room.leave(&self.inner, self.peer);
    }
}

impl Guest {
    async fn frame(&mut self, frame: &[u8]) -> Result<(), Close> {
        for message in messages(frame) {
            self.wait_for_turn().await;
            match message.map_err(|_| Close::Malformed)? {
                Message::Step1(state) => self.answer(state)?,
                Message::Step2(update) => self.write(update, true).await?,
                Message::Update(update) => self.write(update, false).await?,
                Message::Awareness(message) => self.room.heard(&self.inner, self.peer, &self.stamp, message)?,
                Message::QueryAwareness => {
                    let everybody = self.room.live.lock().presence.everybody();
                    self.send(&Message::Awareness(everybody.as_deref().unwrap_or(&[0])));
                }
                // Only nodes say these, or it is of a newer client.
                Message::Denied(_) | Message::Saved { .. } | Message::Unknown(_) => {}
            }
        }
        Ok(())
    }

    fn send(&self, message: &Message<'_>) {
        send(std::slice::from_ref(&self.sender), message, WhenFull::Disconnect);
    }

    /// Whoever sends more than it may is read more slowly: TCP tells it to wait.
    async fn wait_for_turn(&mut self) {
        let options = &self.inner.options;
        let each = Duration::from_secs(1) / options.messages_per_second.max(1);
        let now = Instant::now();
        self.pace = self.pace.max(now) + each;
        let ahead = self.pace - now;
        if let Some(wait) = ahead.checked_sub(each * options.messages_burst) {
            tokio::time::sleep(wait).await;
        }
    }

    fn answer(&mut self, state: &[u8]) -> Result<(), Close> {
        let difference = {
            let mut live = self.room.live.lock();
            let difference = live.replica.encode_since(state).map_err(|_| Close::Malformed)?;
            // Under the lock: what comes next builds on it.
            self.send(&Message::Step2(&difference));
            if let Some(connection) = live.connections.get_mut(&self.peer) {
                connection.synced = true;
            }
            difference
        };
        // A few bytes that ask for many count as many messages.
        let turns = u32::try_from(difference.len() / ANSWER_BYTES_A_TURN).unwrap_or(u32::MAX);
        self.pace += (Duration::from_secs(1) / self.inner.options.messages_per_second.max(1)).saturating_mul(turns);
        Ok(())
    }

    async fn write(&mut self, update: &[u8], answer: bool) -> Result<(), Close> {
        if update == EMPTY_UPDATE {
            return Ok(());
        }
        if update.len() > UPDATE_BYTES_MAX {
            return Err(Close::TooLarge);
        }
        let role = self.role().await?;
        let (content, size) = {
            let live = self.room.live.lock();
            let content = live.replica.has_content_for(update).map_err(|_| Close::Malformed)?;
            (content, live.replica.bytes())
        };
        if role == RoomRole::Viewer {
            // In an answer every client repeats which deletions it knows of: that is no write.
            return if answer && !content { Ok(()) } else { self.refuse_write() };
        }
        if content && size + update.len() > ROOM_BYTES_MAX {
            self.inner.ports.observer.observe(RoomEvent::WriteRefused);
            return Err(Close::TooLarge);
        }
        if self.inner.appender.stuck(&self.room.tenant) {
            return Err(Close::TryAgain);
        }
        let new = self.room.absorb(&self.inner, update, &Source::Peer(self.peer)).map_err(|fault| match fault {
            ReplicaFault::Malformed => Close::Malformed,
            ReplicaFault::Broken => {
                tracing::warn!(document = %self.room.document, "rooms: an update damaged the replica");
                Close::Malformed
            }
        })?;
        if let Some(new) = new {
            let message = Message::Update(&new).encode();
            self.inner.appender.push(&self.room.tenant, self.room.document, new, self.principal.user.clone());
            self.inner.publisher.publish(&self.room.tenant, &self.room.channel, message);
        }
        Ok(())
    }

    /// A viewer's write is dropped, and it is told. Closing at once would take the reading from someone whose editor is
    /// merely badly kept.
    fn refuse_write(&mut self) -> Result<(), Close> {
        self.inner.ports.observer.observe(RoomEvent::WriteRefused);
        self.refused += 1;
        if self.refused > REFUSED_WRITES_MAX {
            return Err(Close::Access);
        }
        self.send(&Message::Denied("this document is shared with you for reading"));
        Ok(())
    }

    /// What it may do now: looked up again where that is long ago.
    async fn role(&self) -> Result<RoomRole, Close> {
        let role = {
            let mut live = self.room.live.lock();
            // Not there any more: it was closed meanwhile.
            let connection = live.connections.get_mut(&self.peer).ok_or(Close::Access)?;
            if connection.checked.elapsed() < self.inner.options.recheck_after {
                return Ok(connection.role);
            }
            connection.checked = Instant::now();
            connection.role
        };
        recheck(&self.inner, &self.room, self.peer, &self.principal).await.map(|now| now.unwrap_or(role))
    }
}

/// Looks up what a connection may do and keeps it. None where that cannot be known and the last knowledge is fresh enough.
pub(crate) async fn recheck(
    inner: &Inner,
    room: &Room,
    peer: Peer,
    principal: &Principal,
) -> Result<Option<RoomRole>, Close> {
    let looked_up = access(inner, principal, room.document).await;
    let mut live = room.live.lock();
    let Some(connection) = live.connections.get_mut(&peer) else { return Ok(None) };
    match looked_up {
        Ok((role, _)) => {
            let now = Instant::now();
            (connection.role, connection.checked, connection.known) = (role, now, now);
            Ok(Some(role))
        }
        Err(Close::TryAgain) if connection.known.elapsed() < ACCESS_STALE_MAX => Ok(None),
        // It could be opened before: what was taken away is access.
        Err(Close::NoDocument) => Err(Close::Access),
        Err(why) => Err(why),
    }
}
