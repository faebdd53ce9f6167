//! The last messages, in memory.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use super::sent::{Called, Filter, Sent, State};

/// Messages that are kept.
const MESSAGES_MAX: usize = 10_000;

/// Bytes of messages that are kept: what came, and what was read out of it.
const BYTES_MAX: usize = 64 << 20;

/// Bytes that a message is taken for beside its texts.
const OVERHEAD_BYTES: usize = 1_024;

/// Callbacks that are noted at a message.
const CALLBACKS_MAX: usize = 50;

/// What happens to a message after it came.
#[derive(Debug)]
struct Later {
    state: State,
    callbacks: Vec<Called>,
}

/// A message as it is kept.
#[derive(Debug)]
pub(crate) struct Entry {
    sent: Sent,
    /// What came, as it came.
    pub(crate) raw: Bytes,
    later: Mutex<Later>,
}

impl Entry {
    pub(crate) fn new(sent: Sent, raw: Bytes) -> Self {
        let later = Mutex::new(Later { state: sent.state, callbacks: sent.callbacks.clone() });
        Self { sent, raw, later }
    }

    /// As it came: what happened later is not in it.
    pub(crate) fn first(&self) -> &Sent {
        &self.sent
    }

    /// Where it stands now.
    pub(crate) fn set_state(&self, state: State) {
        self.later.lock().state = state;
    }

    pub(crate) fn called(&self, called: Called) {
        let mut later = self.later.lock();
        if later.callbacks.len() < CALLBACKS_MAX {
            later.callbacks.push(called);
        }
    }

    /// As it is now.
    pub(crate) fn read(&self) -> Sent {
        let later = self.later.lock();
        Sent { state: later.state, callbacks: later.callbacks.clone(), ..self.sent.clone() }
    }

    fn bytes(&self) -> usize {
        OVERHEAD_BYTES + 2 * self.raw.len() + self.sent.text.len() + self.sent.html.len()
    }
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<Kept>);

impl Log {
    /// Keeps a message; the oldest make room.
    pub(crate) fn push(&self, entry: Arc<Entry>) {
        // Freed after the lock is.
        let mut gone = Vec::new();
        let mut kept = self.0.lock();
        kept.bytes += entry.bytes();
        kept.entries.push_back(entry);
        while kept.entries.len() > MESSAGES_MAX || (kept.bytes > BYTES_MAX && kept.entries.len() > 1) {
            let Some(oldest) = kept.entries.pop_front() else { break };
            kept.bytes -= oldest.bytes();
            gone.push(oldest);
        }
        drop(kept);
    }

    /// Oldest first.
    pub(crate) fn list(&self, filter: &Filter) -> Vec<Arc<Entry>> {
        let entries: Vec<Arc<Entry>> = self.0.lock().entries.iter().cloned().collect();
        entries.into_iter().filter(|entry| filter.takes(entry.first())).collect()
    }

    pub(crate) fn get(&self, number: u64) -> Option<Arc<Entry>> {
        self.0.lock().entries.iter().rev().find(|entry| entry.sent.number == number).cloned()
    }

    pub(crate) fn by_id(&self, provider: &str, id: &str) -> Option<Arc<Entry>> {
        let kept = self.0.lock();
        kept.entries.iter().rev().find(|entry| entry.sent.id == id && entry.sent.provider == provider).cloned()
    }

    /// How many are kept, and how many bytes.
    pub(crate) fn size(&self) -> (usize, usize) {
        let kept = self.0.lock();
        (kept.entries.len(), kept.bytes)
    }

    pub(crate) fn clear(&self) {
        let gone = std::mem::take(&mut *self.0.lock());
        drop(gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Kind, Origin};

    fn entry(number: u64, bytes: usize) -> Arc<Entry> {
        let sent = Sent {
            number,
            at: 0,
            provider: "smtp".into(),
            kind: Kind::Mail,
            state: State::Accepted,
            id: number.to_string(),
            to: vec!["Ada@x.example".into()],
            from: String::new(),
            subject: String::new(),
            text: String::new(),
            html: String::new(),
            headers: Vec::new(),
            attachments: Vec::new(),
            tags: Default::default(),
            body: None,
            origin: Origin::default(),
            status: 250,
            refused: None,
            fault: None,
            callbacks: Vec::new(),
        };
        Arc::new(Entry::new(sent, Bytes::from(vec![0; bytes])))
    }

    #[test]
    fn the_oldest_make_room() {
        let log = Log::default();
        for number in 1..=10_001 {
            log.push(entry(number, 1));
        }
        assert_eq!((log.size().0, log.get(1).is_none(), log.get(2).is_some()), (10_000, true, true));
        for number in 10_002..=10_012 {
            log.push(entry(number, 5 << 20));
        }
        let (count, bytes) = log.size();
        assert!(count <= 6 && bytes <= BYTES_MAX, "{count} {bytes}");
        assert!(log.get(10_012).is_some());
        log.push(entry(10_013, BYTES_MAX));
        assert_eq!(log.size().0, 1, "one that is larger than all is kept alone");
        log.clear();
        assert_eq!(log.size(), (0, 0));
    }

    #[test]
    fn filters_hold_together() {
        let log = Log::default();
        (1..=3).for_each(|number| log.push(entry(number, 1)));
        let count = |filter: Filter| log.list(&filter).len();
        assert_eq!(count(Filter { since: 1, to: Some("ada@X".into()), ..Filter::default() }), 2);
        assert_eq!(count(Filter { kind: Some(Kind::Sms), ..Filter::default() }), 0);
        assert_eq!(count(Filter { accepted: Some(false), ..Filter::default() }), 0);
    }
}
