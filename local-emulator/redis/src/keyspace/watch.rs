//! Which keys somebody watches, and how often each was touched since.

use std::collections::HashMap;

use bytes::Bytes;

/// Watched keys of all databases. Empty most of the time, so that a write costs one comparison.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    slots: HashMap<(usize, Bytes), Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    watchers: usize,
    touched: u64,
}

impl Watched {
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Begins to watch; the returned count is compared by [`Self::is_unchanged`].
    pub(crate) fn add(&mut self, db: usize, key: &Bytes) -> u64 {
        let slot = self.slots.entry((db, Bytes::copy_from_slice(key))).or_default();
        slot.watchers += 1;
        slot.touched
    }

    pub(crate) fn remove(&mut self, db: usize, key: &Bytes) {
        let place = (db, key.clone());
        if let Some(slot) = self.slots.get_mut(&place) {
            slot.watchers -= 1;
            if slot.watchers == 0 {
                self.slots.remove(&place);
            }
        }
    }

    pub(crate) fn touch(&mut self, db: usize, key: &[u8]) {
        if self.slots.is_empty() {
            return;
        }
        if let Some(slot) = self.slots.get_mut(&(db, Bytes::copy_from_slice(key))) {
            slot.touched += 1;
        }
    }

    pub(crate) fn is_unchanged(&self, db: usize, key: &Bytes, touched: u64) -> bool {
        self.slots.get(&(db, key.clone())).is_some_and(|slot| slot.touched == touched)
    }
}
