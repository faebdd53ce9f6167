//! Lists.

use std::collections::VecDeque;

use bytes::Bytes;

use super::ELEMENT_OVERHEAD_BYTES;

/// Which end of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Left,
    Right,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct List {
    items: VecDeque<Bytes>,
    bytes: usize,
}

impl List {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn push(&mut self, end: End, item: Bytes) {
        self.bytes += item.len() + ELEMENT_OVERHEAD_BYTES;
        match end {
            End::Left => self.items.push_front(item),
            End::Right => self.items.push_back(item),
        }
    }

    pub(crate) fn pop(&mut self, end: End) -> Option<Bytes> {
        let item = match end {
            End::Left => self.items.pop_front(),
            End::Right => self.items.pop_back(),
        }?;
        self.bytes -= item.len() + ELEMENT_OVERHEAD_BYTES;
        Some(item)
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Bytes> {
        self.items.get(index)
    }

    pub(crate) fn set(&mut self, index: usize, item: Bytes) {
        self.bytes += item.len();
        let old = std::mem::replace(&mut self.items[index], item);
        self.bytes -= old.len();
    }

    pub(crate) fn insert(&mut self, index: usize, item: Bytes) {
        self.bytes += item.len() + ELEMENT_OVERHEAD_BYTES;
        self.items.insert(index, item);
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Bytes> {
        self.items.iter()
    }

    pub(crate) fn range(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = &Bytes> {
        self.items.range(range)
    }

    /// Keeps only the given range.
    pub(crate) fn trim(&mut self, range: std::ops::Range<usize>) {
        self.items.truncate(range.end);
        self.items.drain(..range.start.min(self.items.len()));
        self.recount();
    }

    /// Removes up to `limit` items that equal `item`, from the given end on. Returns how many.
    pub(crate) fn remove(&mut self, item: &[u8], from: End, limit: usize) -> usize {
        let mut hits: Vec<usize> = match from {
            End::Left => (0..self.items.len()).filter(|i| self.items[*i] == item).take(limit).collect(),
            End::Right => (0..self.items.len()).rev().filter(|i| self.items[*i] == item).take(limit).collect(),
        };
        hits.sort_unstable();
        let (mut at, mut next) = (0, 0);
        self.items.retain(|_| {
            let hit = hits.get(next) == Some(&at);
            next += usize::from(hit);
            at += 1;
            !hit
        });
        self.recount();
        hits.len()
    }

    fn recount(&mut self) {
        self.bytes = self.items.iter().map(|item| item.len() + ELEMENT_OVERHEAD_BYTES).sum();
    }
}
