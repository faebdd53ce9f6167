//! Streams: entries by id, consumer groups, and what each consumer holds.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use bytes::Bytes;

use super::ELEMENT_OVERHEAD_BYTES;
use crate::fault::Fault;
use crate::number::{parse_u64, write_i64};

/// `milliseconds-sequence`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct StreamId {
    pub(crate) ms: u64,
    pub(crate) seq: u64,
}

impl StreamId {
    pub(crate) const MIN: Self = Self { ms: 0, seq: 0 };
    pub(crate) const MAX: Self = Self { ms: u64::MAX, seq: u64::MAX };

    /// `5-3`, or `5` with the sequence that is given as the default.
    pub(crate) fn parse(text: &[u8], default_seq: u64) -> Result<Self, Fault> {
        let mut parts = text.splitn(2, |b| *b == b'-');
        let ms = parts.next().and_then(parse_u64).ok_or(Fault::StreamId)?;
        let seq = parts.next().map_or(Some(default_seq), parse_u64).ok_or(Fault::StreamId)?;
        Ok(Self { ms, seq })
    }

    /// The following id; `None` behind the last.
    pub(crate) fn next(self) -> Option<Self> {
        match self.seq.checked_add(1) {
            Some(seq) => Some(Self { seq, ..self }),
            None => Some(Self { ms: self.ms.checked_add(1)?, seq: 0 }),
        }
    }

    pub(crate) fn previous(self) -> Option<Self> {
        match self.seq.checked_sub(1) {
            Some(seq) => Some(Self { seq, ..self }),
            None => Some(Self { ms: self.ms.checked_sub(1)?, seq: u64::MAX }),
        }
    }

    pub(crate) fn bytes(self) -> Bytes {
        let mut out = Vec::with_capacity(24);
        match (i64::try_from(self.ms), i64::try_from(self.seq)) {
            (Ok(ms), Ok(seq)) => {
                write_i64(&mut out, ms);
                out.push(b'-');
                write_i64(&mut out, seq);
            }
            _ => out.extend_from_slice(self.to_string().as_bytes()),
        }
        Bytes::from(out)
    }
}

impl std::fmt::Display for StreamId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}

/// Field, value, field, value, in the order that they were given. One allocation holds all.
pub(crate) type Entry = Box<[Bytes]>;

/// A delivered entry that was not acknowledged.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) consumer: Bytes,
    pub(crate) delivered_ms: u64,
    pub(crate) deliveries: u64,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Consumer {
    pub(crate) seen_ms: u64,
    pub(crate) pending: BTreeSet<StreamId>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    pub(crate) last_delivered: StreamId,
    /// How many entries of the stream the group has read; `None` where that can no longer be told.
    pub(crate) entries_read: Option<u64>,
    pub(crate) pending: BTreeMap<StreamId, Pending>,
    pub(crate) consumers: BTreeMap<Bytes, Consumer>,
}

impl Group {
    /// The consumer of that name, made where there is none; `true` when it was made.
    pub(crate) fn consumer(&mut self, name: &Bytes, now_ms: u64) -> (&mut Consumer, bool) {
        let made = !self.consumers.contains_key(name);
        let consumer = self.consumers.entry(Bytes::copy_from_slice(name)).or_default();
        consumer.seen_ms = now_ms;
        (consumer, made)
    }

    /// Gives an entry to a consumer, taking it from whoever had it.
    pub(crate) fn assign(&mut self, id: StreamId, consumer: &Bytes, delivered_ms: u64, deliveries: u64) {
        let pending = Pending { consumer: consumer.clone(), delivered_ms, deliveries };
        if let Some(old) = self.pending.insert(id, pending)
            && let Some(owner) = self.consumers.get_mut(&old.consumer)
        {
            owner.pending.remove(&id);
        }
        if let Some(owner) = self.consumers.get_mut(consumer) {
            owner.pending.insert(id);
        }
    }

    /// Forgets a pending entry; `false` when there was none.
    pub(crate) fn acknowledge(&mut self, id: StreamId) -> bool {
        let Some(pending) = self.pending.remove(&id) else { return false };
        if let Some(owner) = self.consumers.get_mut(&pending.consumer) {
            owner.pending.remove(&id);
        }
        true
    }
}

/// How far a stream is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trim {
    /// At most this many entries stay.
    Length(usize),
    /// Entries with a lower id go.
    LowestId(StreamId),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Stream {
    entries: BTreeMap<StreamId, Entry>,
    bytes: usize,
    pub(crate) last_id: StreamId,
    pub(crate) max_deleted: StreamId,
    /// How many entries were ever added.
    pub(crate) entries_added: u64,
    pub(crate) groups: BTreeMap<Bytes, Group>,
}

impl Stream {
    pub(crate) fn bytes(&self) -> usize {
        let pending: usize = self.groups.values().map(|group| group.pending.len()).sum();
        self.bytes + pending * 2 * ELEMENT_OVERHEAD_BYTES
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn get(&self, id: StreamId) -> Option<&Entry> {
        self.entries.get(&id)
    }

    pub(crate) fn first(&self) -> Option<(StreamId, &Entry)> {
        self.entries.first_key_value().map(|(id, entry)| (*id, entry))
    }

    pub(crate) fn last(&self) -> Option<(StreamId, &Entry)> {
        self.entries.last_key_value().map(|(id, entry)| (*id, entry))
    }

    pub(crate) fn range(&self, range: RangeInclusive<StreamId>) -> impl DoubleEndedIterator<Item = (StreamId, &Entry)> {
        let valid = range.start() <= range.end();
        valid.then(|| self.entries.range(range)).into_iter().flatten().map(|(id, entry)| (*id, entry))
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (StreamId, &Entry)> {
        self.entries.iter().map(|(id, entry)| (*id, entry))
    }

    /// Appends an entry; the caller has seen to it that `id` is greater than `last_id`.
    pub(crate) fn append(&mut self, id: StreamId, entry: Entry) {
        self.bytes += entry_bytes(&entry);
        self.entries.insert(id, entry);
        self.last_id = id;
        self.entries_added += 1;
    }

    pub(crate) fn delete(&mut self, id: StreamId) -> bool {
        let Some(entry) = self.entries.remove(&id) else { return false };
        self.bytes -= entry_bytes(&entry);
        self.max_deleted = self.max_deleted.max(id);
        true
    }

    /// Removes entries from the front, `limit` at most. Returns how many.
    pub(crate) fn trim(&mut self, trim: Trim, limit: usize) -> usize {
        let mut removed = 0;
        while removed < limit
            && let Some((id, _)) = self.entries.first_key_value()
        {
            let id = *id;
            let keep = match trim {
                Trim::Length(length) => self.entries.len() <= length,
                Trim::LowestId(lowest) => id >= lowest,
            };
            if keep {
                break;
            }
            if let Some((_, entry)) = self.entries.pop_first() {
                self.bytes -= entry_bytes(&entry);
            }
            // Trimming does not count as a deletion in the middle: `max_deleted` stays, as in Redis.
            removed += 1;
        }
        removed
    }

    /// How many entries the group has yet to read; `None` where deletions make it uncertain.
    pub(crate) fn lag(&self, group: &Group) -> Option<i64> {
        if self.entries_added == 0 {
            return Some(0);
        }
        let read = match group.entries_read {
            Some(read) if !self.has_gap_after(group.last_delivered) => Some(read),
            _ => self.estimate_read(group.last_delivered),
        }?;
        // A group may have been told that it has read more than there ever was.
        Some(i64::try_from(i128::from(self.entries_added) - i128::from(read)).unwrap_or(i64::MAX))
    }

    /// Whether an entry behind `id` was deleted.
    pub(crate) fn has_gap_after(&self, id: StreamId) -> bool {
        !self.is_empty() && self.max_deleted != StreamId::MIN && id <= self.max_deleted
    }

    /// The count of entries read by a group that had read `read` and now gets `id`.
    pub(crate) fn count_read(&self, read: Option<u64>, id: StreamId) -> Option<u64> {
        match read {
            Some(read) if !self.has_gap_after(id) => Some(read + 1),
            _ => self.estimate_read(id),
        }
    }

    /// How many entries were added up to `id`, where the stream's shape tells it.
    pub(crate) fn estimate_read(&self, id: StreamId) -> Option<u64> {
        if self.entries_added == 0 {
            return Some(0);
        }
        let length = self.len() as u64;
        if self.is_empty() && id <= self.last_id {
            return Some(self.entries_added);
        }
        if id >= self.last_id {
            return (id == self.last_id).then_some(self.entries_added);
        }
        let (first, _) = self.first()?;
        let intact = self.max_deleted == StreamId::MIN || self.max_deleted < first;
        if !intact {
            return None;
        }
        match id.cmp(&first) {
            std::cmp::Ordering::Less => Some(self.entries_added - length),
            std::cmp::Ordering::Equal => Some(self.entries_added - length + 1),
            std::cmp::Ordering::Greater => None,
        }
    }
}

fn entry_bytes(entry: &Entry) -> usize {
    entry.iter().map(|part| part.len() + ELEMENT_OVERHEAD_BYTES / 2).sum::<usize>() + ELEMENT_OVERHEAD_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_parse_and_step() {
        assert_eq!(StreamId::parse(b"5-3", 0).unwrap(), StreamId { ms: 5, seq: 3 });
        assert_eq!(StreamId::parse(b"5", 9).unwrap(), StreamId { ms: 5, seq: 9 });
        for bad in [&b""[..], b"-", b"5-", b"-5", b"a-1", b"1-2-3"] {
            assert_eq!(StreamId::parse(bad, 0), Err(Fault::StreamId), "{bad:?}");
        }
        assert_eq!(StreamId { ms: 1, seq: u64::MAX }.next(), Some(StreamId { ms: 2, seq: 0 }));
        assert_eq!(StreamId::MAX.next(), None);
        assert_eq!(StreamId { ms: 2, seq: 0 }.previous(), Some(StreamId { ms: 1, seq: u64::MAX }));
    }

    #[test]
    fn a_pending_entry_has_one_owner() {
        let mut group = Group::default();
        let (a, b) = (Bytes::from("a"), Bytes::from("b"));
        group.consumer(&a, 1);
        group.consumer(&b, 1);
        let id = StreamId { ms: 1, seq: 0 };
        group.assign(id, &a, 1, 1);
        group.assign(id, &b, 2, 2);
        assert!(group.consumers[&a].pending.is_empty() && group.consumers[&b].pending.contains(&id));
        assert!(group.acknowledge(id) && !group.acknowledge(id));
        assert!(group.consumers[&b].pending.is_empty());
    }
}
