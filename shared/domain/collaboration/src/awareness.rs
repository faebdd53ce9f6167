//! Who is in a room, where their cursor is: awareness, with identities that cannot be forged.
//!
//! The bytes are those of y-protocols' `awareness.js`: a count, then for each client its id, its clock and its state, which
//! is a JSON text or `null`. What a client says is not passed on as it is:
//!
//! - A connection speaks for the ids that it introduced. The first of them is the client's own; further ones may be of the
//!   same browser's other tabs, whose states stock clients repeat. Those are taken over by the tab's own connection.
//! - `user.id` and `user.name` of a state are the principal's, whatever the client wrote.
//! - The clock is the node's: tenths of a second, never going back. A client that comes back after its node or its
//!   connection died is believed at once, though its own clock is behind what others saw last.

use crate::wire::{Cursor, Malformed, write_bytes, write_varint};
use chrono::{DateTime, TimeDelta, Utc};
use octavo_domain_kernel::{Principal, UserId};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Bytes of one client's state.
pub const AWARENESS_STATE_BYTES_MAX: usize = 4096;
/// Ids that a connection speaks for: its own and those of a few tabs of the same browser.
pub const CLIENT_IDS_MAX: usize = 4;
/// A client that said nothing for so long is gone; clients repeat themselves every 15 s.
pub const AWARENESS_TIMEOUT: TimeDelta = TimeDelta::seconds(30);

/// States in one message; a stock client repeats everybody's.
const STATES_MAX: usize = 2_000;
/// For how long it is remembered whose an id was, against those who repeat what is over.
const REMEMBERED: TimeDelta = TimeDelta::minutes(5);
/// JavaScript counts no further.
const CLIENT_MAX: u64 = (1 << 53) - 1;
/// Characters of a name that are passed on.
const NAME_CHARS_MAX: usize = 100;
/// Where the clock begins: 1 January 2026, in milliseconds since 1970. It fits 32 bits, which some clients need, for 13
/// years.
const CLOCK_BEGINS: i64 = 1_767_225_600_000;
const CLOCK_MILLISECONDS: i64 = 100;

/// A connection of this node, by a number that is not used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Peer(pub u64);

/// Who a connection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// `user.id`.
    pub user: UserId,
    /// `user.name`.
    pub name: String,
}

impl From<&Principal> for Stamp {
    fn from(principal: &Principal) -> Self {
        let name = principal.name.as_deref().unwrap_or(principal.user.as_str());
        Self { user: principal.user.clone(), name: name.chars().take(NAME_CHARS_MAX).collect() }
    }
}

/// One client's state, to be passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceUpdate {
    /// Whose: of two that wait for a slow reader only the newer matters.
    pub client: u64,
    /// An awareness update of this one client.
    pub payload: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Here { peer: Peer, own: bool },
    Elsewhere,
    Gone,
}

struct Entry {
    owner: Owner,
    user: Option<UserId>,
    /// What others were told last.
    clock: u32,
    state: Option<String>,
    seen: DateTime<Utc>,
}

/// Everybody's states in a room, as one node knows them. `now` is the machine's time; a step of it only makes somebody's
/// cursor come late.
#[derive(Default)]
pub struct Presence {
    clients: HashMap<u64, Entry>,
}

impl Presence {
    /// A connection's message. What is not its to say is passed over; what is comes back for everybody else.
    pub fn heard(
        &mut self,
        peer: Peer,
        stamp: &Stamp,
        message: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Vec<PresenceUpdate>, Malformed> {
        let mut out = Vec::new();
        for (client, _, state) in states(message)? {
            let Some(state) = stamped(state, stamp) else { continue };
            let Some(own) = self.may_speak(client, peer, stamp) else { continue };
            let clock = self.next_clock(client, now);
            let owner = if state.is_some() { Owner::Here { peer, own } } else { Owner::Gone };
            out.push(update(client, clock, state.as_deref()));
            self.clients.insert(client, Entry { owner, user: Some(stamp.user.clone()), clock, state, seen: now });
        }
        Ok(out)
    }

    /// Whether a connection speaks for an id, and whether as for its own.
    fn may_speak(&self, client: u64, peer: Peer, stamp: &Stamp) -> Option<bool> {
        if let Some(Entry { owner: Owner::Here { peer: owner, own }, .. }) = self.clients.get(&client)
            && *owner == peer
        {
            return Some(*own);
        }
        let mine = |entry: &&Entry| matches!(entry.owner, Owner::Here { peer: owner, .. } if owner == peer);
        let mine = self.clients.values().filter(mine).count();
        let first = mine == 0;
        let free = match self.clients.get(&client) {
            None => true,
            // Of the same person: a connection that was cut and is not yet known to be, or another tab.
            Some(entry) if entry.user.as_ref() == Some(&stamp.user) => match entry.owner {
                Owner::Here { own, .. } => first || !own,
                Owner::Elsewhere | Owner::Gone => first,
            },
            Some(_) => false,
        };
        (free && mine < CLIENT_IDS_MAX).then_some(first)
    }

    fn next_clock(&self, client: u64, now: DateTime<Utc>) -> u32 {
        let time = (now.timestamp_millis() - CLOCK_BEGINS).max(0) / CLOCK_MILLISECONDS;
        let last = self.clients.get(&client).map_or(0, |entry| entry.clock);
        u32::try_from(time).unwrap_or(u32::MAX).max(last.saturating_add(1))
    }

    /// Another node's message: it has stamped already. What is new comes back for this node's connections.
    pub fn relayed(&mut self, message: &[u8], now: DateTime<Utc>) -> Result<Vec<PresenceUpdate>, Malformed> {
        let mut out = Vec::new();
        for (client, clock, state) in states(message)? {
            let clock = u32::try_from(clock).map_err(|_| Malformed("a clock that is too great"))?;
            let state = (state != "null").then(|| state.to_owned());
            if self.clients.get(&client).is_some_and(|entry| {
                entry.clock > clock || (entry.clock == clock && !(state.is_none() && entry.state.is_some()))
            }) {
                continue;
            }
            let user = state.as_deref().and_then(user_of).or_else(|| self.clients.get(&client)?.user.clone());
            let owner = if state.is_some() { Owner::Elsewhere } else { Owner::Gone };
            out.push(update(client, clock, state.as_deref()));
            self.clients.insert(client, Entry { owner, user, clock, state, seen: now });
        }
        Ok(out)
    }

    /// A connection is gone: so are its clients.
    pub fn left(&mut self, peer: Peer, now: DateTime<Utc>) -> Vec<PresenceUpdate> {
        self.remove(now, |entry| matches!(entry.owner, Owner::Here { peer: owner, .. } if owner == peer))
    }

    /// What other nodes did not repeat for [`AWARENESS_TIMEOUT`] is gone: the node is.
    pub fn expire(&mut self, now: DateTime<Utc>) -> Vec<PresenceUpdate> {
        self.clients.retain(|_, entry| entry.owner != Owner::Gone || now - entry.seen < REMEMBERED);
        self.remove(now, |entry| entry.owner == Owner::Elsewhere && now - entry.seen > AWARENESS_TIMEOUT)
    }

    fn remove(&mut self, now: DateTime<Utc>, which: impl Fn(&Entry) -> bool) -> Vec<PresenceUpdate> {
        let gone: Vec<u64> = self.clients.iter().filter(|(_, entry)| which(entry)).map(|(client, _)| *client).collect();
        let mut out = Vec::with_capacity(gone.len());
        for client in gone {
            let clock = self.next_clock(client, now);
            if let Some(entry) = self.clients.get_mut(&client) {
                *entry = Entry { owner: Owner::Gone, user: entry.user.take(), clock, state: None, seen: now };
                out.push(update(client, clock, None));
            }
        }
        out
    }

    /// Everybody's, for one who comes; none where nobody is there.
    pub fn everybody(&self) -> Option<Vec<u8>> {
        self.encode(|_| true)
    }

    /// Those of this node, for another node that asks.
    pub fn here(&self) -> Option<Vec<u8>> {
        self.encode(|entry| matches!(entry.owner, Owner::Here { .. }))
    }

    fn encode(&self, which: impl Fn(&Entry) -> bool) -> Option<Vec<u8>> {
        let live: Vec<_> = self.clients.iter().filter(|(_, entry)| entry.state.is_some() && which(entry)).collect();
        if live.is_empty() {
            return None;
        }
        let mut out = Vec::new();
        write_varint(&mut out, live.len() as u64);
        for (client, entry) in live {
            write_state(&mut out, *client, entry.clock, entry.state.as_deref());
        }
        Some(out)
    }
}

/// Id, clock and JSON text of each client in an awareness update.
fn states(message: &[u8]) -> Result<Vec<(u64, u64, &str)>, Malformed> {
    let mut cursor = Cursor(message);
    let count = cursor.varint()?;
    if count > STATES_MAX as u64 {
        return Err(Malformed("too many clients in one awareness message"));
    }
    (0..count)
        .map(|_| {
            let (client, clock, state) = (cursor.varint()?, cursor.varint()?, cursor.text()?);
            if client > CLIENT_MAX {
                return Err(Malformed("a client id that is too great"));
            }
            Ok((client, clock, state))
        })
        .collect()
}

/// A client's state with who it is; `Some(None)` where it leaves, `None` where it is no state.
fn stamped(state: &str, stamp: &Stamp) -> Option<Option<String>> {
    if state.len() > AWARENESS_STATE_BYTES_MAX {
        return None;
    }
    let mut state = match serde_json::from_str(state).ok()? {
        Value::Null => return Some(None),
        Value::Object(state) => state,
        _ => return None,
    };
    let mut user = match state.remove("user") {
        Some(Value::Object(user)) => user,
        _ => Map::new(),
    };
    user.insert("id".to_owned(), stamp.user.as_str().into());
    user.insert("name".to_owned(), stamp.name.as_str().into());
    state.insert("user".to_owned(), user.into());
    Some(Some(Value::Object(state).to_string()))
}

fn user_of(state: &str) -> Option<UserId> {
    let state: Value = serde_json::from_str(state).ok()?;
    state.get("user")?.get("id")?.as_str()?.parse().ok()
}

fn update(client: u64, clock: u32, state: Option<&str>) -> PresenceUpdate {
    let mut payload = vec![1];
    write_state(&mut payload, client, clock, state);
    PresenceUpdate { client, payload }
}

fn write_state(out: &mut Vec<u8>, client: u64, clock: u32, state: Option<&str>) {
    write_varint(out, client);
    write_varint(out, u64::from(clock));
    write_bytes(out, state.unwrap_or("null").as_bytes());
}

#[cfg(test)]
mod tests;
