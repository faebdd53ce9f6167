//! What a backplane counts of itself.

use std::sync::atomic::{AtomicU64, Ordering};

/// A backplane's figures since it was made, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BackplaneCounters {
    /// Messages handed to the listener.
    pub received: u64,
    /// Messages dropped because too much waited for the listener ([`BackplaneOptions::backlog_bytes_max`]).
    ///
    /// [`BackplaneOptions::backlog_bytes_max`]: crate::BackplaneOptions::backlog_bytes_max
    pub dropped: u64,
    /// How often the listener was told `Away` and `Connected` because of dropped messages.
    pub losses: u64,
    /// Messages that no node of ours wrote: passed over.
    pub foreign: u64,
    /// Subscription connections that were made and subscribed to everything; one less is the number of reconnects.
    pub connections: u64,
    /// Connections that were given up because nothing was answered in time.
    pub stalls: u64,
    /// Channels that are wanted now.
    pub wanted: u64,
    /// Bytes that wait for the listener now.
    pub backlog_bytes: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) received: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) losses: AtomicU64,
    pub(super) foreign: AtomicU64,
    pub(super) connections: AtomicU64,
    pub(super) stalls: AtomicU64,
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counts {
    pub(super) fn read(&self, wanted: usize, backlog_bytes: usize) -> BackplaneCounters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        BackplaneCounters {
            received: read(&self.received),
            dropped: read(&self.dropped),
            losses: read(&self.losses),
            foreign: read(&self.foreign),
            connections: read(&self.connections),
            stalls: read(&self.stalls),
            wanted: wanted as u64,
            backlog_bytes: backlog_bytes as u64,
        }
    }
}
