//! What is under way: from being asked for to being answered.

use crate::records::Underway;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Invocations that somebody waits for. As many as callers wait: each function bounds those that wait for a sandbox.
#[derive(Clone, Default)]
pub(crate) struct Board(Arc<Mutex<Listed>>);

#[derive(Default)]
struct Listed {
    asked: u64,
    entries: BTreeMap<u64, Entry>,
}

struct Entry {
    told: Underway,
    /// Milliseconds since 1970 at which a sandbox took it; 0 before.
    taken_ms: Arc<AtomicI64>,
}

/// Takes an invocation off the board when nobody waits for it any more, however that comes.
pub(crate) struct Listing(Board, u64);

impl Board {
    /// Lists `told`, whose `running` is looked up in `taken_ms` whenever somebody asks.
    pub(crate) fn list(&self, told: Underway, taken_ms: &Arc<AtomicI64>) -> Listing {
        let entry = Entry { told, taken_ms: taken_ms.clone() };
        let mut listed = self.0.lock();
        listed.asked += 1;
        let place = listed.asked;
        listed.entries.insert(place, entry);
        Listing(self.clone(), place)
    }

    /// In the order in which they were asked for.
    pub(crate) fn all(&self) -> Vec<Underway> {
        let shown =
            |entry: &Entry| Underway { running: entry.taken_ms.load(Ordering::Acquire) != 0, ..entry.told.clone() };
        self.0.lock().entries.values().map(shown).collect()
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        self.0.0.lock().entries.remove(&self.1);
    }
}
