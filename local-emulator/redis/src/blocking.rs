//! Clients that wait for a key, served in the order in which they came.
//!
//! A waiting client is its command, kept: when one of its keys was touched, the command runs again, and if it now has an
//! answer the client gets it. Nothing is taken from a key on behalf of a client that has gone.

use std::collections::{BTreeSet, HashMap, VecDeque};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::reply::Reply;

/// What a handler asks for that found nothing.
#[derive(Debug)]
pub(crate) struct BlockRequest {
    pub(crate) keys: Vec<Bytes>,
    /// The command to run again; differs from what the client sent where a `$` was resolved.
    pub(crate) args: Vec<Bytes>,
    /// `None` waits for ever.
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) on_timeout: Reply,
}

/// A client that waits.
#[derive(Debug)]
pub(crate) struct Waiter {
    pub(crate) db: usize,
    /// The client's RESP version.
    pub(crate) protocol: u8,
    pub(crate) keys: Vec<Bytes>,
    pub(crate) args: Vec<Bytes>,
    pub(crate) reply: oneshot::Sender<Reply>,
}

#[derive(Debug, Default)]
pub(crate) struct Blocking {
    /// Set by a handler, taken by whoever called it.
    pub(crate) request: Option<BlockRequest>,
    waiters: HashMap<u64, Waiter>,
    by_key: HashMap<(usize, Bytes), BTreeSet<u64>>,
    ready: VecDeque<(usize, Bytes)>,
    next_id: u64,
}

impl Blocking {
    pub(crate) fn len(&self) -> usize {
        self.waiters.len()
    }

    /// Registers a waiter. Ids grow, so that the order of ids is the order of arrival.
    pub(crate) fn add(&mut self, waiter: Waiter) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        for key in &waiter.keys {
            self.by_key.entry((waiter.db, key.clone())).or_default().insert(id);
        }
        self.waiters.insert(id, waiter);
        id
    }

    /// Takes a waiter out; `None` when it was served already.
    pub(crate) fn remove(&mut self, id: u64) -> Option<Waiter> {
        let waiter = self.waiters.remove(&id)?;
        for key in &waiter.keys {
            let place = (waiter.db, key.clone());
            if let Some(ids) = self.by_key.get_mut(&place) {
                ids.remove(&id);
                if ids.is_empty() {
                    self.by_key.remove(&place);
                }
            }
        }
        Some(waiter)
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Waiter> {
        self.waiters.get(&id)
    }

    /// Notes that a key was touched.
    pub(crate) fn touch(&mut self, db: usize, key: &[u8]) {
        if self.by_key.is_empty() {
            return;
        }
        let place = (db, Bytes::copy_from_slice(key));
        if self.by_key.contains_key(&place) && !self.ready.contains(&place) {
            self.ready.push_back(place);
        }
    }

    /// The waiters of the next touched key, first come first.
    pub(crate) fn next_ready(&mut self) -> Option<Vec<u64>> {
        let place = self.ready.pop_front()?;
        Some(self.by_key.get(&place).map(|ids| ids.iter().copied().collect()).unwrap_or_default())
    }

    /// Every waiter of a database, where all keys may have changed.
    pub(crate) fn touch_all(&mut self, db: Option<usize>) {
        let places = self.by_key.keys().filter(|(place, _)| db.is_none_or(|db| db == *place)).cloned();
        self.ready.extend(places);
    }
}
