//! One connection: small, since there are very many of them. What few need is boxed, and there only while it is needed.

use crate::bucket::Bucket;
use crate::circle::Seat;
use crate::core::Core;
use crate::dispatch::Busy;
use crate::dispatch::Wait;
use crate::encoded::Encoded;
use crate::link::{Link, LinkFault};
use crate::{Caller, Clients, Ending, HubFault};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::Principal;
use octavo_domain_realtime::{Channel, ConnectionId};
use octavo_domain_signalr::{Carried, Protocol, Standing, Transport, close, texts};
use parking_lot::{Mutex, RwLock};
use smallvec::SmallVec;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU16, AtomicU32, Ordering};
use std::time::Duration;

/// Everyone, the user, and two groups: more are held elsewhere.
const SEATS_INLINE: usize = 4;

/// A token without an end.
const NEVER: i64 = i64::MAX;

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Phase {
    /// It has an id, and no transport yet.
    Negotiated,
    /// It has a transport; its handshake is awaited.
    Attached,
    /// It has shaken hands.
    Active,
    /// Nothing of it goes on.
    Ended,
}

/// The hub's `connected` has accepted it.
const GREETED: u8 = 1;
/// The hub's `disconnected` has been called.
const FAREWELL: u8 = 2;
/// Its id names it without a signature: negotiated in version 0.
const PLAIN_ID: u8 = 8;

/// One connection.
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    pub(crate) clients: Clients,
    pub(crate) address: IpAddr,
    principal: RwLock<Arc<Principal>>,
    pub(crate) link: Mutex<Link>,
    // None when it has ended: nobody joins any more.
    seats: Mutex<Option<SmallVec<[Seat; SEATS_INLINE]>>>,
    pub(crate) busy: Mutex<Option<Box<Busy>>>,
    bucket: Mutex<Bucket>,
    expires_at: AtomicI64,
    // In ticks of the wheel.
    heard: AtomicU32,
    spoke: AtomicU32,
    since: AtomicU32,
    phase: AtomicU8,
    protocol: AtomicU8,
    transport: AtomicU8,
    marks: AtomicU8,
    // How many of its transports are not read on purpose: that it is silent means nothing then.
    holds: AtomicU16,
    /// Whether stateful reconnect was granted in negotiation.
    pub(crate) stateful: bool,
}

/// A transport that is not read, until it is dropped.
struct Held<'a>(&'a Connection);

impl<'a> Held<'a> {
    fn new(connection: &'a Connection) -> Self {
        connection.holds.fetch_add(1, Ordering::AcqRel);
        Self(connection)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.holds.fetch_sub(1, Ordering::AcqRel);
        self.0.heard();
    }
}

/// What an ending connection is told: an error, and whether it may connect again by itself.
pub(crate) type Farewell = Option<(Option<String>, bool)>;

impl Connection {
    pub(crate) fn new(
        id: ConnectionId,
        clients: Clients,
        principal: Arc<Principal>,
        expires_at: Option<DateTime<Utc>>,
        address: IpAddr,
        stateful: bool,
    ) -> Self {
        let core = clients.core();
        let now = core.now();
        let bucket = Bucket::full(core.options.limits.records_burst, core.now_ms());
        Self {
            id,
            address,
            principal: RwLock::new(principal),
            link: Mutex::new(Link::Absent),
            seats: Mutex::new(Some(SmallVec::new())),
            busy: Mutex::new(None),
            bucket: Mutex::new(bucket),
            expires_at: AtomicI64::new(expires_at.map_or(NEVER, |at| at.timestamp())),
            heard: AtomicU32::new(now),
            spoke: AtomicU32::new(now),
            since: AtomicU32::new(now),
            phase: AtomicU8::new(Phase::Negotiated as u8),
            protocol: AtomicU8::new(0),
            transport: AtomicU8::new(0),
            marks: AtomicU8::new(0),
            holds: AtomicU16::new(0),
            stateful,
            clients,
        }
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        self.clients.core()
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Negotiated,
            1 => Phase::Attached,
            2 => Phase::Active,
            _ => Phase::Ended,
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.phase() == Phase::Ended
    }

    /// From one phase to the next, if it is still there.
    pub(crate) fn advance(&self, from: Phase, to: Phase) -> bool {
        let changed = self.phase.compare_exchange(from as u8, to as u8, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if changed {
            self.since.store(self.core().now(), Ordering::Relaxed);
        }
        changed
    }

    pub(crate) fn protocol(&self) -> Protocol {
        if self.protocol.load(Ordering::Relaxed) == 0 { Protocol::Json } else { Protocol::MessagePack }
    }

    pub(crate) fn set_protocol(&self, protocol: Protocol) {
        self.protocol.store(u8::from(protocol == Protocol::MessagePack), Ordering::Relaxed);
    }

    pub(crate) fn transport(&self) -> Option<Transport> {
        match self.transport.load(Ordering::Relaxed) {
            1 => Some(Transport::WebSockets),
            2 => Some(Transport::ServerSentEvents),
            3 => Some(Transport::LongPolling),
            _ => None,
        }
    }

    pub(crate) fn set_transport(&self, transport: Transport) {
        let number = match transport {
            Transport::WebSockets => 1,
            Transport::ServerSentEvents => 2,
            Transport::LongPolling => 3,
        };
        self.transport.store(number, Ordering::Relaxed);
    }

    pub(crate) fn principal(&self) -> Arc<Principal> {
        self.principal.read().clone()
    }

    /// Takes a newer token of the same tenant and user; an older one changes nothing. Whether it is of the same.
    pub(crate) fn refresh(&self, principal: &Arc<Principal>, expires_at: Option<DateTime<Utc>>) -> bool {
        let mut held = self.principal.write();
        if held.tenant != principal.tenant || held.user != principal.user {
            return false;
        }
        let expires_at = expires_at.map_or(NEVER, |at| at.timestamp());
        if expires_at > self.expires_at.load(Ordering::Relaxed) {
            self.expires_at.store(expires_at, Ordering::Relaxed);
            if **held != **principal {
                *held = principal.clone();
            }
        }
        true
    }

    /// Shares the principal of another connection of the user, if it says the same.
    pub(crate) fn share_principal(&self, other: &Connection) -> bool {
        let theirs = other.principal();
        let mut held = self.principal.write();
        let same = **held == *theirs;
        if same {
            *held = theirs;
        }
        same
    }

    /// It was heard.
    pub(crate) fn heard(&self) {
        self.heard.store(self.core().now(), Ordering::Relaxed);
    }

    /// A transport came or went: what is counted from that begins now.
    pub(crate) fn restart_since(&self) {
        self.since.store(self.core().now(), Ordering::Relaxed);
    }

    /// Waits with reading; meanwhile nobody takes it for silent.
    pub(crate) async fn hold(&self, wait: Wait) {
        let _held = Held::new(self);
        wait.await;
    }

    /// Whether nothing is read now.
    fn is_held(&self) -> bool {
        self.holds.load(Ordering::Acquire) > 0
    }

    pub(crate) fn allow_plain_id(&self) {
        self.marks.fetch_or(PLAIN_ID, Ordering::AcqRel);
    }

    pub(crate) fn takes_plain_id(&self) -> bool {
        self.marks.load(Ordering::Acquire) & PLAIN_ID != 0
    }

    /// As a transport's request finds it.
    pub(crate) fn standing(&self) -> Standing {
        let link = self.link.lock();
        let carried = match self.phase() {
            Phase::Negotiated => Carried::NotNow,
            // Its poll may have a last word to fetch.
            Phase::Ended => match &*link {
                Link::Http(outgoing) if outgoing.bytes() > 0 => Carried::NotNow,
                _ => Carried::Over,
            },
            Phase::Attached if self.transport() == Some(Transport::WebSockets) => Carried::Now,
            Phase::Attached | Phase::Active if link.is_absent() => Carried::NotNow,
            Phase::Attached | Phase::Active => Carried::Now,
        };
        Standing { transport: self.transport(), carried, stateful_reconnect: matches!(*link, Link::Stateful(_)) }
    }

    /// How long the record that has come must wait for its turn.
    pub(crate) fn throttle(&self) -> Option<Duration> {
        let core = self.core();
        let limits = &core.options.limits;
        self.bucket.lock().take(core.now_ms(), limits.records_per_second, limits.records_burst)
    }

    /// Sends and counts it.
    pub(crate) fn tell(self: &Arc<Self>, encoded: &Encoded) {
        if self.deliver(encoded) {
            self.core().ports.observer.sent(1, encoded.record(self.protocol()).len());
        }
    }

    /// Sends; whether it was taken.
    pub(crate) fn deliver(self: &Arc<Self>, encoded: &Encoded) -> bool {
        let sent = self.link.lock().send(self.protocol(), encoded);
        match sent {
            Ok(()) => {
                self.spoke.store(self.core().now(), Ordering::Relaxed);
                true
            }
            Err(LinkFault::Absent) => false,
            Err(LinkFault::OverBudget) => {
                self.end(Ending::OverBudget, None);
                false
            }
            Err(LinkFault::Slow) => {
                self.core().ports.observer.dropped(1);
                self.end(Ending::Slow, None);
                false
            }
        }
    }

    /// Whether it has so much before it that its streams and answers wait: `ahead` bytes that it has not read, or more than
    /// it may have without an acknowledgement. For that they wait only while the client is read. It may lie behind what
    /// waits for this very answer before more is read: then nobody waits for the other for ever, and the hard limit decides.
    pub(crate) fn is_behind(&self, ahead: usize) -> bool {
        let link = self.link.lock();
        link.backlog() > ahead || (link.awaits_ack() && !self.is_held())
    }

    /// Joins a channel; being there is no error.
    pub(crate) fn join(self: &Arc<Self>, channel: &Channel) -> Result<(), HubFault> {
        let core = self.core();
        let mut seats = self.seats.lock();
        let Some(seats) = seats.as_mut() else { return Err(HubFault::refused("the connection has ended")) };
        if seats.iter().any(|seat| seat.circle.channel == *channel) {
            return Ok(());
        }
        // Everyone and the user are no groups.
        if seats.len() >= core.options.limits.groups_per_connection + 2 {
            let limit = core.options.limits.groups_per_connection;
            return Err(HubFault::Refused(format!("a connection may be in {limit} groups")));
        }
        if let Ok(seat) = core.circles.join(channel, self, usize::MAX) {
            seats.push(seat);
        }
        Ok(())
    }

    /// Takes a place among the user's connections; false if they are too many.
    pub(crate) fn join_user(self: &Arc<Self>, channel: &Channel) -> bool {
        let core = self.core();
        let mut seats = self.seats.lock();
        let Some(seats) = seats.as_mut() else { return true };
        let joined = core.circles.join(channel, self, core.options.limits.connections_per_user);
        joined.map(|seat| seats.push(seat)).is_ok()
    }

    pub(crate) fn leave(&self, channel: &Channel) {
        let mut seats = self.seats.lock();
        let Some(seats) = seats.as_mut() else { return };
        if let Some(at) = seats.iter().position(|seat| seat.circle.channel == *channel) {
            let seat = seats.swap_remove(at);
            self.core().circles.leave(&seat);
        }
    }

    /// Leaves all groups.
    pub(crate) fn leave_groups(&self) {
        let Some(prefix) = self.clients.group_prefix() else { return };
        let mut seats = self.seats.lock();
        let Some(seats) = seats.as_mut() else { return };
        for seat in seats.iter().filter(|seat| seat.circle.channel.as_str().starts_with(&prefix)) {
            self.core().circles.leave(seat);
        }
        seats.retain(|seat| !seat.circle.channel.as_str().starts_with(&prefix));
    }

    pub(crate) fn sits_in(&self, channel: &Channel) -> bool {
        self.seats.lock().as_ref().is_some_and(|seats| seats.iter().any(|seat| seat.circle.channel == *channel))
    }

    /// `connected` has accepted it: from now on `disconnected` is owed.
    pub(crate) fn greeted(self: &Arc<Self>) {
        self.marks.fetch_or(GREETED, Ordering::AcqRel);
        if self.has_ended() {
            self.part();
        }
    }

    fn part(self: &Arc<Self>) {
        let before = self.marks.load(Ordering::Acquire);
        if before & GREETED == 0 || self.marks.fetch_or(FAREWELL, Ordering::AcqRel) & FAREWELL != 0 {
            return;
        }
        if let Some(run) = self.clients.definition().on_disconnected(Caller(self.clone())) {
            tokio::spawn(run);
        }
    }

    /// Ends it, once; with `farewell` the client is told so first.
    pub(crate) fn end(self: &Arc<Self>, ending: Ending, farewell: Farewell) {
        let before = self.phase.swap(Phase::Ended as u8, Ordering::AcqRel);
        if before == Phase::Ended as u8 {
            return;
        }
        let core = self.core();
        match self.transport() {
            Some(transport) if before == Phase::Active as u8 => core.registry.closed(transport),
            Some(_) | None => core.registry.not_pending(),
        }
        let told = farewell
            .filter(|_| before == Phase::Active as u8)
            .map(|(error, again)| Encoded::of_records(|protocol| close(protocol, error.as_deref(), again)));
        let (link, lingers) = {
            let mut link = self.link.lock();
            // Between two polls: the next one fetches the last word, and must find it.
            let unread = match &*link {
                Link::Http(outgoing) if told.is_some() && !outgoing.is_read() => Some(Link::Http(outgoing.clone())),
                _ => None,
            };
            let lingers = unread.is_some();
            (std::mem::replace(&mut *link, unread.unwrap_or(Link::Absent)), lingers)
        };
        let dropped = link.finish(self.protocol(), told.as_ref());
        if dropped > 0 {
            core.ports.observer.dropped(dropped);
        }
        for seat in self.seats.lock().take().into_iter().flatten() {
            core.circles.leave(&seat);
        }
        if lingers {
            self.restart_since();
        } else {
            core.registry.remove(self);
        }
        if let Some(busy) = self.busy.lock().as_mut() {
            busy.abandon();
        }
        core.ports.observer.closed(self.clients.hub(), self.transport(), ending);
        self.part();
    }

    /// It has ended and its last word was fetched.
    pub(crate) fn forget(&self) {
        self.core().registry.remove(self);
    }

    /// Drops its transport as a failing network does.
    pub(crate) fn cut(&self) {
        self.link.lock().cut();
    }

    /// The wheel has come to it: does what is due, and says in how many ticks to come again.
    pub(crate) fn look(self: &Arc<Self>, now: u32, unix: i64) -> Option<u32> {
        let timing = &self.core().ticks;
        let since = now.saturating_sub(self.since.load(Ordering::Relaxed));
        let silent = now.saturating_sub(self.heard.load(Ordering::Relaxed));
        let held = self.is_held();
        match self.phase() {
            Phase::Ended => {
                let lingers = matches!(*self.link.lock(), Link::Http(_));
                if !lingers {
                    return None;
                }
                if since >= timing.disconnect {
                    self.forget();
                    return None;
                }
                return Some(timing.disconnect - since);
            }
            Phase::Negotiated if since >= timing.disconnect => self.end(Ending::Abandoned, None),
            Phase::Attached if since >= timing.handshake => self.end(Ending::HandshakeTimeout, None),
            Phase::Negotiated | Phase::Attached => {}
            Phase::Active => {
                let absent = self.link.lock().is_absent();
                if absent && since >= timing.disconnect {
                    self.end(Ending::NotResumed, None);
                } else if self.expires_at.load(Ordering::Relaxed) <= unix {
                    self.end(Ending::Expired, Some((Some(texts::CLOSED_TOKEN_ENDED.to_owned()), true)));
                } else if !absent && !held && silent >= timing.client_timeout {
                    self.end(Ending::Silent, Some((Some(texts::CLOSED_CLIENT_TIMEOUT.to_owned()), true)));
                } else if now.saturating_sub(self.spoke.load(Ordering::Relaxed)) >= timing.keep_alive {
                    self.deliver(&self.core().ping);
                }
            }
        }
        if self.has_ended() {
            return None;
        }
        // Whatever it is, it is not due before: each is counted from something that only moves on.
        let spoke = now.saturating_sub(self.spoke.load(Ordering::Relaxed));
        let next = match self.phase() {
            Phase::Negotiated => timing.disconnect.saturating_sub(since),
            Phase::Attached => timing.handshake.saturating_sub(since),
            _ => timing.keep_alive.saturating_sub(spoke).min(timing.client_timeout.saturating_sub(silent)),
        };
        Some(next.min(timing.soonest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_small() {
        // There are ten thousand of them in 25 MB, with their sockets, tasks and places in maps.
        assert!(size_of::<Connection>() <= 288, "{} bytes", size_of::<Connection>());
    }
}
