//! What others have to say to a connection: published messages, waiting to be written.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// Filled by publishers, emptied by the connection's own task.
#[derive(Debug)]
pub(crate) struct Outbox {
    bytes: Mutex<Vec<u8>>,
    wake: Notify,
    overflow: Notify,
    overflowed: AtomicBool,
    limit_bytes: usize,
}

impl Outbox {
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self {
            bytes: Mutex::default(),
            wake: Notify::new(),
            overflow: Notify::new(),
            overflowed: AtomicBool::new(false),
            limit_bytes,
        }
    }

    /// Adds an encoded message. A reader that lets more than the limit pile up is disconnected: messages are not kept.
    pub(crate) fn push(&self, message: &[u8]) {
        let mut bytes = self.bytes.lock();
        if bytes.len() + message.len() > self.limit_bytes {
            self.overflowed.store(true, Ordering::SeqCst);
            *bytes = Vec::new();
            self.overflow.notify_one();
        } else {
            bytes.extend_from_slice(message);
        }
        drop(bytes);
        self.wake.notify_one();
    }

    /// Moves everything behind what `out` holds.
    pub(crate) fn drain_into(&self, out: &mut Vec<u8>) {
        let mut bytes = self.bytes.lock();
        if out.is_empty() {
            std::mem::swap(&mut *bytes, out);
        } else {
            out.append(&mut bytes);
        }
    }

    pub(crate) fn has_overflowed(&self) -> bool {
        self.overflowed.load(Ordering::SeqCst)
    }

    /// Resolves when it has overflowed.
    pub(crate) async fn overflowed(&self) {
        while !self.has_overflowed() {
            self.overflow.notified().await;
        }
    }

    /// Resolves when something was pushed since it last resolved.
    pub(crate) async fn ready(&self) {
        self.wake.notified().await;
    }
}
