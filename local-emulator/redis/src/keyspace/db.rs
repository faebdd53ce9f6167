//! One database.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use bytes::Bytes;

use crate::types::{ELEMENT_OVERHEAD_BYTES, Map, Value};

/// The queue of ends is rebuilt when it holds this many more entries than keys with an end: an end that was moved
/// leaves its old entry behind.
const STALE_ENDS_MAX: usize = 1024;

/// A key's value and end.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) value: Value,
    /// When the key ends, in milliseconds since 1970; 0 for never.
    pub(crate) expire_ms: u64,
    accounted: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Db {
    entries: Map<Bytes, Entry>,
    ends: BinaryHeap<Reverse<(u64, Bytes)>>,
    volatile: usize,
    used_bytes: usize,
}

impl Db {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Keys that have an end.
    pub(crate) fn volatile(&self) -> usize {
        self.volatile
    }

    /// Approximate memory of keys and values, in bytes.
    pub(crate) fn used_bytes(&self) -> usize {
        self.used_bytes
    }

    pub(crate) fn index_of(&self, key: &[u8]) -> Option<usize> {
        self.entries.get_index_of(key)
    }

    pub(crate) fn at(&self, index: usize) -> Option<(&Bytes, &Entry)> {
        self.entries.get_index(index)
    }

    /// The value at an index; the caller tells [`Self::account`] when it has changed it.
    pub(crate) fn value_mut(&mut self, index: usize) -> Option<&mut Value> {
        self.entries.get_index_mut(index).map(|(_, entry)| &mut entry.value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Bytes, &Entry)> {
        self.entries.iter()
    }

    /// Stores a value and its end (0 for never), in place of what was there. Returns its index.
    pub(crate) fn insert(&mut self, key: &[u8], value: Value, expire_ms: u64) -> usize {
        let index = match self.entries.get_index_of(key) {
            Some(index) => {
                self.set_expiry(index, expire_ms);
                self.entries[index].value = value;
                index
            }
            None => {
                let entry = Entry { value, expire_ms: 0, accounted: 0 };
                let (index, _) = self.entries.insert_full(Bytes::copy_from_slice(key), entry);
                if expire_ms > 0 {
                    self.set_expiry(index, expire_ms);
                }
                index
            }
        };
        self.account(index);
        index
    }

    /// Sets when the key at an index ends; 0 for never.
    pub(crate) fn set_expiry(&mut self, index: usize, expire_ms: u64) {
        let (key, entry) = self.entries.get_index_mut(index).expect("the index was just looked up");
        if entry.expire_ms == expire_ms {
            return;
        }
        match (entry.expire_ms > 0, expire_ms > 0) {
            (false, true) => self.volatile += 1,
            (true, false) => self.volatile -= 1,
            _ => {}
        }
        entry.expire_ms = expire_ms;
        if expire_ms > 0 {
            self.ends.push(Reverse((expire_ms, key.clone())));
            if self.ends.len() > 2 * self.volatile + STALE_ENDS_MAX {
                self.ends = self
                    .entries
                    .iter()
                    .filter(|(_, entry)| entry.expire_ms > 0)
                    .map(|(key, entry)| Reverse((entry.expire_ms, key.clone())))
                    .collect();
            }
        }
    }

    /// Takes the present size of the value at an index into the account.
    pub(crate) fn account(&mut self, index: usize) {
        let (key, entry) = self.entries.get_index_mut(index).expect("the index was just looked up");
        let bytes = key.len() + entry.value.bytes() + 2 * ELEMENT_OVERHEAD_BYTES;
        self.used_bytes = self.used_bytes - entry.accounted + bytes;
        entry.accounted = bytes;
    }

    pub(crate) fn remove(&mut self, key: &[u8]) -> Option<Entry> {
        let entry = self.entries.swap_remove(key)?;
        self.used_bytes -= entry.accounted;
        self.volatile -= usize::from(entry.expire_ms > 0);
        Some(entry)
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// A key whose end has come, if there is one.
    pub(crate) fn next_due(&mut self, now_ms: u64) -> Option<Bytes> {
        while let Some(Reverse((end, _))) = self.ends.peek() {
            if *end > now_ms {
                return None;
            }
            let Reverse((end, key)) = self.ends.pop()?;
            if self.entries.get(&key).is_some_and(|entry| entry.expire_ms == end) {
                return Some(key);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_end_counts() {
        let mut db = Db::default();
        let index = db.insert(b"k", Value::Text(Bytes::from("v")), 10);
        db.set_expiry(index, 20);
        assert_eq!(db.next_due(15), None);
        assert_eq!(db.next_due(20), Some(Bytes::from("k")));
        assert!(db.remove(b"k").is_some());
        assert_eq!((db.used_bytes(), db.volatile()), (0, 0));
    }

    #[test]
    fn moved_ends_do_not_pile_up() {
        let mut db = Db::default();
        let index = db.insert(b"k", Value::Text(Bytes::new()), 1);
        for end in 2..10_000 {
            db.set_expiry(index, end);
        }
        assert!(db.ends.len() <= STALE_ENDS_MAX + 3);
    }
}
