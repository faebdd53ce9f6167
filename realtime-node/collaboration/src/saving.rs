//! What one node at a time does for a room: takes versions in that came from elsewhere, writes versions, compacts.
//!
//! The lease makes double work rare, not impossible. Done twice it is: a version that is taken in makes the same update on
//! the same state, a version is written only after the one that was expected, a compaction deletes what it has merged.

use crate::RoomEvent;
use crate::ports::{DocumentText, Writer, Written};
use crate::room::{Room, Source, send};
use crate::rooms::Inner;
use bytes::Bytes;
use octavo_domain_collaboration::{
    COMPACTION_UPDATES_MIN, Close, Edited, LoadedRoom, Message, ROOM_BYTES_MAX, Replica, RoomSave, RoomUpdate, Unsaved,
    edits, merged_edits, text_digest,
};
use octavo_domain_kernel::PortError;
use realtime_node_websocket::WhenFull;
use std::future::Future;
use std::time::{Duration, Instant};

const LEASE_TTL: Duration = Duration::from_secs(30);
/// What is done under the lease ends before it does.
const WORK_MAX: Duration = Duration::from_secs(25);
/// Others' versions that are taken in before a save is put off.
const ATTEMPTS: u32 = 4;
/// Another node was heard of within so long: it may have appended what was not heard here.
const SHARED_WITHIN: Duration = Duration::from_secs(60);
/// The state vector of nothing.
const NO_STATE: Bytes = Bytes::from_static(&[0]);

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    Yes,
    /// Another node is at it, or something is away.
    Later,
    /// There is no room any more: the document is gone, or cannot be edited together.
    Never(Close),
}

/// Does `work` under the room's lease. Where no lease can be had because its engine is away, it is done without.
async fn leased(inner: &Inner, room: &Room, work: impl Future<Output = Result<Done, PortError>>) -> Done {
    let (name, holder) = (format!("room:{}", room.document), inner.ports.node.as_str());
    match inner.ports.lease.lease_take(&name, holder, LEASE_TTL).await {
        Ok(true) => {}
        Ok(false) => return Done::Later,
        Err(error) => tracing::debug!(%error, "rooms: no lease; what it guards bears being done twice"),
    }
    let done = match tokio::time::timeout(WORK_MAX, work).await {
        Ok(Ok(done)) => done,
        Ok(Err(error)) => {
            tracing::warn!(document = %room.document, %error, "rooms: put off");
            Done::Later
        }
        Err(_) => {
            tracing::warn!(document = %room.document, "rooms: put off, it takes too long");
            Done::Later
        }
    };
    if let Err(error) = inner.ports.lease.lease_release(&name, holder).await {
        tracing::debug!(%error, "rooms: the lease ends by itself");
    }
    done
}

/// Takes in what the store has. Answers what was read, for what is known of versions.
pub(crate) async fn load(inner: &Inner, room: &Room) -> Result<LoadedRoom, PortError> {
    let loaded = inner.ports.store.room_load(&room.tenant, room.document).await?;
    for update in loaded.snapshot.iter().chain(loaded.updates.iter().map(|stored| &stored.update)) {
        // Nothing is stored that was not taken in once; one that cannot be read must not close the room for good.
        if room.absorb(inner, update, &Source::Store).is_err() {
            tracing::error!(document = %room.document, "rooms: a stored update cannot be read");
        }
    }
    let mut live = room.live.lock();
    live.kept = u32::try_from(loaded.updates.len()).unwrap_or(u32::MAX);
    if live.version < loaded.version {
        live.version = loaded.version;
        live.saved = None;
    }
    if let Some(last) = loaded.updates.last()
        && live.writer.is_none()
    {
        live.writer = Some(Writer { tenant: room.tenant.clone(), user: last.by.clone(), name: None });
    }
    Ok(loaded)
}

/// Makes the replica anew from the store, with what the clients here have.
pub(crate) async fn rebuild(inner: &Inner, room: &Room) -> Result<(), PortError> {
    let loaded = inner.ports.store.room_load(&room.tenant, room.document).await?;
    let mut replica = Replica::default();
    for update in loaded.snapshot.iter().chain(loaded.updates.iter().map(|stored| &stored.update)) {
        if replica.absorb(update).is_err() {
            tracing::error!(document = %room.document, "rooms: a stored update cannot be read");
        }
    }
    let (state, all) = (replica.state_vector(), replica.encode());
    {
        let mut live = room.live.lock();
        live.replica = replica;
        live.broken = false;
        let receivers = live.synced(None);
        // Each side may have what the other lacks.
        send(&receivers, &Message::Update(&all), WhenFull::Disconnect);
        send(&receivers, &Message::Step1(&state), WhenFull::Disconnect);
    }
    inner.ports.observer.observe(RoomEvent::Rebuilt);
    crate::exchange::ask(inner, room, true);
    Ok(())
}

/// Takes the document's newest version in, where the room does not have it: the first content, or what came from elsewhere.
pub(crate) async fn take_in(inner: &Inner, room: &Room) -> Done {
    leased(inner, room, take_in_leased(inner, room)).await
}

async fn take_in_leased(inner: &Inner, room: &Room) -> Result<Done, PortError> {
    // Under the lease again: another node may have taken it in, or written it.
    let loaded = load(inner, room).await?;
    let Some(document) = inner.ports.documents.read_text(&room.tenant, room.document).await? else {
        return Ok(Done::Never(Close::NoDocument));
    };
    if document.text.len() > ROOM_BYTES_MAX / 2 {
        return Ok(Done::Never(Close::TooLarge));
    }
    if loaded.version >= document.version {
        adopt(room, &document);
        return Ok(Done::Yes);
    }
    let base = match loaded.version {
        0 => None,
        version => inner.ports.documents.read_version(&room.tenant, room.document, version).await?,
    };
    let update = {
        let mut live = room.live.lock();
        let ours = live.replica.text();
        let changes = match &base {
            Some(base) => merged_edits(base, &ours, &document.text),
            None => edits(&ours, &document.text),
        };
        let seed = format!("{}:{}", room.document, document.version);
        let update = live.replica.edit(seed.as_bytes(), &changes).unwrap_or_else(|fault| {
            live.broken |= fault == octavo_domain_collaboration::ReplicaFault::Broken;
            tracing::error!(document = %room.document, %fault, "rooms: a version could not be taken in");
            None
        });
        if let Some(update) = &update {
            send(&live.synced(None), &Message::Update(update), WhenFull::Disconnect);
        }
        update
    };
    if let Some(update) = update {
        inner.publisher.publish(&room.tenant, &room.channel, Message::Update(&update).encode());
        let stored = RoomUpdate { document: room.document, update: update.clone(), by: document.by.clone() };
        if let Err(error) = inner.ports.store.room_append(&room.tenant, &[stored]).await {
            // It is in the replica and with the clients: it will be kept, and the version is taken in when it is.
            inner.appender.push(&room.tenant, room.document, update, document.by.clone());
            return Err(error);
        }
    }
    let same = adopt(room, &document);
    let state = room.live.lock().replica.state_vector();
    let state_vector = if same { state } else { loaded.saved.unwrap_or(NO_STATE) };
    let save = RoomSave { version: document.version, state_vector, at: inner.ports.clock.now() };
    inner.ports.store.room_saved(&room.tenant, room.document, &save).await?;
    inner.ports.observer.observe(RoomEvent::TakenIn);
    announce(inner, room, document.version, &text_digest(&document.text));
    Ok(Done::Yes)
}

/// The room has the document's version now; whether it has nothing beyond it.
fn adopt(room: &Room, document: &DocumentText) -> bool {
    let digest = text_digest(&document.text);
    let mut live = room.live.lock();
    live.version = live.version.max(document.version);
    let same = text_digest(&live.replica.text()) == digest;
    if live.version == document.version {
        live.saved = Some(digest);
        live.unsaved = match live.unsaved {
            _ if same => None,
            None => Some(Unsaved::and(None, Instant::now(), Edited::Here)),
            before => before,
        };
    }
    same
}

fn announce(inner: &Inner, room: &Room, version: u32, digest: &[u8; 32]) {
    inner.publisher.publish(&room.tenant, &room.channel, Message::Saved { version, digest }.encode());
}

/// Writes the text as a version, where it is not the newest one's.
pub(crate) async fn save(inner: &Inner, room: &Room) -> Done {
    let done = leased(inner, room, save_leased(inner, room)).await;
    if done == Done::Later {
        inner.ports.observer.observe(RoomEvent::SaveFailed);
    }
    done
}

async fn save_leased(inner: &Inner, room: &Room) -> Result<Done, PortError> {
    let (shared, unknown) = {
        let live = room.live.lock();
        (live.shared(SHARED_WITHIN), live.writer.is_none())
    };
    if shared || unknown {
        load(inner, room).await?;
    }
    for _ in 0..ATTEMPTS {
        let (text, state, version, saved, writer) = {
            let live = room.live.lock();
            let state = live.replica.state_vector();
            (live.replica.text(), state, live.version, live.saved, live.writer.clone())
        };
        let digest = text_digest(&text);
        if saved.is_none() {
            match inner.ports.documents.read_text(&room.tenant, room.document).await? {
                None => return Ok(Done::Never(Close::NoDocument)),
                Some(document) if document.version > version => match take_in_leased(inner, room).await? {
                    Done::Yes => continue,
                    other => return Ok(other),
                },
                Some(document) => {
                    adopt(room, &document);
                    if document.text != text {
                        continue;
                    }
                }
            }
        }
        if saved == Some(digest) || saved.is_none() {
            // Typed and taken back: the state is another one, the text is not.
            let save = RoomSave { version, state_vector: state, at: inner.ports.clock.now() };
            inner.ports.store.room_saved(&room.tenant, room.document, &save).await?;
            wrote(room, version, digest);
            return Ok(Done::Yes);
        }
        let Some(writer) = writer else {
            tracing::debug!(document = %room.document, "rooms: nobody is known who edited it; left to who knows");
            return Ok(Done::Later);
        };
        match inner.ports.documents.write_version(&writer, room.document, version, text).await? {
            Written::Version(version) => {
                wrote(room, version, digest);
                let save = RoomSave { version, state_vector: state, at: inner.ports.clock.now() };
                if let Err(error) = inner.ports.store.room_saved(&room.tenant, room.document, &save).await {
                    // Whoever finds the version takes it in: the same changes on both sides are there once.
                    tracing::warn!(document = %room.document, %error, "rooms: a version was written, but not that it was");
                }
                announce(inner, room, version, &digest);
                inner.ports.observer.observe(RoomEvent::Saved);
                return Ok(Done::Yes);
            }
            Written::Conflict(_) => match take_in_leased(inner, room).await? {
                Done::Yes => {}
                other => return Ok(other),
            },
            Written::Gone => return Ok(Done::Never(Close::NoDocument)),
        }
    }
    Ok(Done::Later)
}

fn wrote(room: &Room, version: u32, digest: [u8; 32]) {
    let mut live = room.live.lock();
    live.version = live.version.max(version);
    live.saved = Some(digest);
    let same = text_digest(&live.replica.text()) == digest;
    live.unsaved = (!same).then(|| Unsaved::and(None, Instant::now(), Edited::Here));
}

/// Makes one snapshot of what is stored.
pub(crate) async fn compact(inner: &Inner, room: &Room) -> Done {
    leased(inner, room, compact_leased(inner, room)).await
}

async fn compact_leased(inner: &Inner, room: &Room) -> Result<Done, PortError> {
    let unsaved = room.live.lock().unsaved;
    let loaded = load(inner, room).await?;
    if loaded.updates.len() < COMPACTION_UPDATES_MIN as usize {
        return Ok(Done::Yes);
    }
    let (snapshot, text) = {
        let mut live = room.live.lock();
        (live.replica.encode(), live.replica.text())
    };
    // What is deleted cannot be made again: first see that the snapshot holds it.
    let mut copy = Replica::default();
    let holds = copy.absorb(&snapshot).is_ok()
        && copy.text() == text
        && loaded.updates.iter().all(|stored| matches!(copy.has_content_for(&stored.update), Ok(false)));
    if !holds {
        tracing::warn!(document = %room.document, "rooms: not compacted, something in it waits for what was not seen");
        room.live.lock().kept = 0;
        return Ok(Done::Yes);
    }
    let merged: Vec<i64> = loaded.updates.iter().map(|stored| stored.id).collect();
    if inner.ports.store.room_compact(&room.tenant, room.document, &snapshot, &merged).await? {
        inner.ports.observer.observe(RoomEvent::Compacted);
    }
    let mut live = room.live.lock();
    live.kept = 0;
    if unsaved.is_none() && live.saved == Some(text_digest(&live.replica.text())) {
        live.unsaved = None;
    }
    Ok(Done::Yes)
}
