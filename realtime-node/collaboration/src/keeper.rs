//! A room's own task: opens it, looks after it, unloads it. All that waits for the store or the documents is done here, one
//! thing after another.

use crate::RoomEvent;
use crate::connection::recheck;
use crate::ports::RoomRole;
use crate::room::{Phase, Room};
use crate::rooms::Inner;
use crate::saving::{self, Done};
use crate::{exchange, room};
use octavo_domain_collaboration::{Close, Edited, Message, Peer, Unsaved, compaction_due};
use octavo_domain_kernel::Principal;
use realtime_node_websocket::WhenFull;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// The subscription may come later than the room: what is missed then is found by the exchange.
const SUBSCRIBE_WAIT: Duration = Duration::from_secs(2);
/// Another node that opens the same room holds the lease so long at most, as a rule.
const OPEN_WAIT: Duration = Duration::from_secs(8);
const OPEN_PAUSE: Duration = Duration::from_millis(50);
/// How often tokens, and others' awareness, are looked at.
const TICK: Duration = Duration::from_secs(5);
/// Between two looks that nobody asked for.
const PAUSE: Duration = Duration::from_millis(20);
/// After something failed.
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// Others that said nothing for so many exchanges are gone. Whoever knows of nobody asks as seldom as that: what was lost
/// may have been the only word of another.
const SILENT_EXCHANGES: u32 = 4;

/// Opens a room, and stays with it to its end. `version` is the document's newest, as far as is known.
pub(crate) async fn keep(inner: Arc<Inner>, room: Arc<Room>, version: u32) {
    let started = Instant::now();
    if let Err(why) = open(&inner, &room, version).await {
        inner.ports.observer.observe(RoomEvent::OpenFailed);
        inner.forget(&room);
        room.phase.send_replace(Phase::Failed(why));
        return;
    }
    inner.ports.observer.observe(RoomEvent::Opened(started.elapsed()));
    room.live.lock().empty_since = Some(Instant::now());
    room.phase.send_replace(Phase::Open);
    Keeper { opened: started, ticked: started, rest_until: started, inner, room }.run().await;
}

async fn open(inner: &Inner, room: &Room, version: u32) -> Result<(), Close> {
    // Before the load, so that nothing falls between.
    match tokio::time::timeout(SUBSCRIBE_WAIT, inner.ports.backplane.subscribed()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "rooms: opened without the other nodes"),
        Err(_) => tracing::debug!("rooms: opened before its subscription"),
    }
    let loaded = saving::load(inner, room).await.map_err(|error| {
        tracing::warn!(document = %room.document, %error, "rooms: not opened");
        Close::TryAgain
    })?;
    let mut done = Done::Later;
    if loaded.version > 0 && loaded.version >= version {
        let mut live = room.live.lock();
        let saved = loaded.saved.as_deref().is_some_and(|saved| matches!(live.replica.is_at(saved), Ok(true)));
        if loaded.updates.is_empty() && saved {
            live.unsaved = None;
        }
        done = Done::Yes;
    }
    let until = Instant::now() + OPEN_WAIT;
    while done == Done::Later && Instant::now() < until {
        done = saving::take_in(inner, room).await;
        if done == Done::Later {
            tokio::time::sleep(OPEN_PAUSE).await;
        }
    }
    match done {
        Done::Yes => {}
        Done::Never(why) => return Err(why),
        Done::Later => return Err(Close::TryAgain),
    }
    {
        // What was found unsaved is this node's to save: whoever wrote it may be gone.
        let mut live = room.live.lock();
        live.unsaved = live.unsaved.map(|unsaved| Unsaved::and(Some(unsaved), Instant::now(), Edited::Here));
    }
    exchange::ask(inner, room, true);
    Ok(())
}

struct Keeper {
    inner: Arc<Inner>,
    room: Arc<Room>,
    opened: Instant,
    ticked: Instant,
    /// After a failure nothing is tried before this.
    rest_until: Instant,
}

impl Keeper {
    async fn run(mut self) {
        let mut looked = Instant::now();
        loop {
            // What cannot be done yet (something is still being appended) is not looked at without a pause.
            let due = self.due().max(looked + PAUSE);
            tokio::select! {
                () = self.room.wake.notified() => {}
                () = tokio::time::sleep_until(due.into()) => {}
            }
            if self.look().await {
                return;
            }
            looked = Instant::now();
        }
    }

    fn draining(&self) -> bool {
        self.inner.draining.load(Ordering::SeqCst)
    }

    /// When something is to be done next.
    fn due(&self) -> Instant {
        let live = self.room.live.lock();
        let options = &self.inner.options;
        let left = live.connections.is_empty();
        let mut due = self.ticked + TICK;
        let mut chore = |at: Instant| due = due.min(at.max(self.rest_until));
        if let Some(unsaved) = &live.unsaved {
            chore(self.save_at(unsaved, left));
        }
        if live.broken || live.reload || live.version_heard > live.version || compaction_due(live.kept, false) {
            chore(self.rest_until);
        }
        if let Some(since) = live.empty_since {
            chore(if self.draining() { since } else { since + options.unload_after });
        }
        due.min(self.exchange_at(&live))
    }

    /// Does what is due. Whether the room is over.
    async fn look(&mut self) -> bool {
        let (inner, room) = (Arc::clone(&self.inner), Arc::clone(&self.room));
        let now = Instant::now();
        if now >= self.ticked + TICK {
            self.ticked = now;
            self.tick();
        }
        let exchange = now >= self.exchange_at(&room.live.lock());
        if exchange {
            exchange::ask(&inner, &room, false);
        }
        if now < self.rest_until {
            return false;
        }
        let done = self.chores(now).await;
        match done {
            Done::Yes => {}
            Done::Later => self.rest_until = Instant::now() + RETRY_AFTER,
            Done::Never(why) => {
                room.close_all(why);
                // What nobody can have any more needs no saving.
                room.live.lock().unsaved = None;
                return self.unload(true);
            }
        }
        done == Done::Yes && self.unload(false)
    }

    fn save_at(&self, unsaved: &Unsaved, left: bool) -> Instant {
        if self.draining() { self.opened } else { unsaved.due(&self.inner.options.saving, left) }
    }

    /// When states are compared next.
    fn exchange_at(&self, live: &room::Live) -> Instant {
        let (every, seldom) = (self.inner.options.exchange_every, self.inner.options.exchange_every * SILENT_EXCHANGES);
        live.asked.unwrap_or(self.opened) + if live.shared(seldom) { every } else { seldom }
    }

    /// Whatever of these is due; the first that cannot be done puts off the others.
    async fn chores(&self, now: Instant) -> Done {
        let (inner, room) = (&*self.inner, &*self.room);
        let (broken, reload) = {
            let mut live = room.live.lock();
            (live.broken, std::mem::take(&mut live.reload))
        };
        if broken {
            // First what is not stored yet, else the new replica lacks it.
            let flushed = inner.appender.flush(&room.tenant, room.document, RETRY_AFTER).await;
            if !flushed || saving::rebuild(inner, room).await.is_err() {
                return Done::Later;
            }
        }
        // After a rebuild once more: something may have come between its load and the new replica.
        if reload || broken {
            if let Err(error) = saving::load(inner, room).await {
                tracing::warn!(document = %room.document, %error, "rooms: not compared with the store; trying again");
                room.live.lock().reload = true;
                return Done::Later;
            }
            exchange::ask(inner, room, true);
        }
        let newer = {
            let live = room.live.lock();
            live.version_heard > live.version
        };
        if newer {
            let done = saving::take_in(inner, room).await;
            if done != Done::Yes {
                return done;
            }
            let mut live = room.live.lock();
            live.version_heard = live.version_heard.min(live.version);
        }
        let (save, closing) = {
            let live = room.live.lock();
            let left = live.connections.is_empty();
            let due = live.unsaved.is_some_and(|unsaved| now >= self.save_at(&unsaved, left));
            (due, self.may_unload(&live))
        };
        if save {
            let done = saving::save(inner, room).await;
            if done != Done::Yes {
                return done;
            }
        }
        let kept = room.live.lock().kept;
        if compaction_due(kept, closing && !self.draining()) && !inner.appender.waits(&room.tenant, room.document) {
            return saving::compact(inner, room).await;
        }
        Done::Yes
    }

    fn may_unload(&self, live: &room::Live) -> bool {
        let after = if self.draining() { Duration::ZERO } else { self.inner.options.unload_after };
        live.connections.is_empty() && live.empty_since.is_some_and(|since| since.elapsed() >= after)
    }

    /// Unloads the room where nobody is in it and all of it is kept.
    fn unload(&self, at_once: bool) -> bool {
        let (inner, room) = (&*self.inner, &*self.room);
        if inner.appender.waits(&room.tenant, room.document) && !at_once {
            return false;
        }
        {
            let mut live = room.live.lock();
            let idle = self.may_unload(&live) && live.unsaved.is_none();
            if !idle && !at_once {
                return false;
            }
            live.over = true;
        }
        inner.forget(room);
        inner.ports.observer.observe(RoomEvent::Unloaded);
        room.phase.send_replace(Phase::Over);
        true
    }

    /// Tokens that are over, and people of nodes that are gone.
    fn tick(&self) {
        let (inner, room) = (&*self.inner, &*self.room);
        let now = inner.ports.clock.now();
        let (expired, gone) = {
            let mut live = room.live.lock();
            let over = |end: Option<chrono::DateTime<chrono::Utc>>| end.is_some_and(|end| end <= now);
            let expired: Vec<_> = live
                .connections
                .values()
                .filter(|connection| over(connection.expires_at))
                .map(|connection| connection.sender.clone())
                .collect();
            (expired, live.presence.expire(now))
        };
        for sender in expired {
            sender.close(Close::Token.code(), Close::Token.reason());
        }
        room.show(None, &gone);
    }
}

/// Looks up for everybody in the room what they may do now.
pub(crate) async fn recheck_all(inner: Arc<Inner>, room: Arc<Room>) {
    let all: Vec<(Peer, Arc<Principal>, RoomRole)> = {
        let live = room.live.lock();
        let connections = live.connections.iter();
        connections.map(|(peer, one)| (*peer, Arc::clone(&one.principal), one.role)).collect()
    };
    for (peer, principal, before) in all {
        let now = recheck(&inner, &room, peer, &principal).await;
        let sender = room.live.lock().connections.get(&peer).map(|one| one.sender.clone());
        let Some(sender) = sender else { continue };
        match now {
            Err(Close::TryAgain) | Ok(None) => {}
            Err(why) => sender.close(why.code(), why.reason()),
            Ok(Some(RoomRole::Editor)) if before == RoomRole::Viewer => {
                // It may tell now what it was not asked for.
                let state = room.live.lock().replica.state_vector();
                room::send(&[sender], &Message::Step1(&state), WhenFull::Disconnect);
            }
            Ok(Some(_)) => {}
        }
    }
}
