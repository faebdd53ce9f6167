//! The local connections of one channel: everyone, a group, a user.

use crate::connection::Connection;
use crate::durable::Seen;
use octavo_domain_realtime::Channel;
use parking_lot::{Mutex, RwLock};
use slab::Slab;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Members that are copied out under the lock at once: a member who comes or goes waits for so many at most.
const BATCH: usize = 256;

/// The local connections of one channel. A member holds its place (`Seat`), so that leaving looks for nothing.
pub(crate) struct Circle {
    pub(crate) channel: Channel,
    members: RwLock<Slab<Arc<Connection>>>,
    /// How far its history was delivered, once it had a durable message.
    pub(crate) seen: Mutex<Option<Box<Seen>>>,
    /// Whether its history was looked at since it is subscribed.
    pub(crate) noted: AtomicBool,
}

/// A connection's place in a circle.
pub(crate) struct Seat {
    pub(crate) circle: Arc<Circle>,
    pub(crate) place: u32,
}

impl Circle {
    pub(crate) fn new(channel: Channel) -> Self {
        Self { channel, members: RwLock::new(Slab::new()), seen: Mutex::new(None), noted: AtomicBool::new(false) }
    }

    /// Takes a place if fewer than `limit` are taken.
    pub(crate) fn take(&self, connection: &Arc<Connection>, limit: usize) -> Option<u32> {
        let mut members = self.members.write();
        if members.len() >= limit {
            return None;
        }
        if members.capacity() == 0 {
            // Most circles are a user's, of one connection: no room for more than that.
            *members = Slab::with_capacity(1);
        }
        u32::try_from(members.insert(connection.clone())).ok()
    }

    pub(crate) fn give_back(&self, place: u32) {
        let mut members = self.members.write();
        members.try_remove(place as usize);
        if members.is_empty() && members.capacity() > BATCH {
            *members = Slab::new();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.members.read().len()
    }

    /// Any one of them that `fits`.
    pub(crate) fn find<T>(&self, fits: impl Fn(&Arc<Connection>) -> Option<T>) -> Option<T> {
        self.members.read().iter().find_map(|(_, connection)| fits(connection))
    }

    /// Places, taken or not.
    pub(crate) fn places(&self) -> usize {
        self.members.read().capacity()
    }

    /// The next members from place `from` on, below `until`, and where to go on; none at the end. The lock is held for a copy of pointers
    /// only, never while something is sent.
    pub(crate) fn batch(&self, from: usize, until: usize, into: &mut Vec<Arc<Connection>>) -> Option<usize> {
        into.clear();
        let members = self.members.read();
        let end = members.capacity().min(until);
        let mut at = from;
        while at < end && into.len() < BATCH {
            if let Some(connection) = members.get(at) {
                into.push(connection.clone());
            }
            at += 1;
        }
        (at > from).then_some(at)
    }

    /// All of them.
    pub(crate) fn members(&self) -> Vec<Arc<Connection>> {
        self.members.read().iter().map(|(_, connection)| connection.clone()).collect()
    }
}
