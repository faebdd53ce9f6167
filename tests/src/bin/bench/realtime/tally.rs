//! What arrived, and when.

use super::stamp;
use crate::figures::Figures;
use anyhow::Context;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// Shared by all clients of a measurement.
pub(super) struct Tally {
    received: AtomicU64,
    wanted: AtomicU64,
    reached: Notify,
    figures: Mutex<Figures>,
}

impl Tally {
    pub(super) fn new() -> Self {
        let wanted = AtomicU64::new(u64::MAX);
        Self { received: AtomicU64::new(0), wanted, reached: Notify::new(), figures: Mutex::new(Figures::new()) }
    }

    /// A message that was sent then has arrived.
    pub(super) fn count(&self, sent: u64) {
        self.figures.lock().expect("nobody panics with it").add(stamp::since(sent));
        let received = self.received.fetch_add(1, Ordering::SeqCst) + 1;
        if received >= self.wanted.load(Ordering::SeqCst) {
            self.reached.notify_one();
        }
    }

    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::SeqCst)
    }

    /// Waits until so many have arrived in all.
    pub(super) async fn reach(&self, wanted: u64, within: Duration) -> anyhow::Result<()> {
        self.wanted.store(wanted, Ordering::SeqCst);
        let arrive = async {
            while self.received() < wanted {
                self.reached.notified().await;
            }
        };
        tokio::time::timeout(within, arrive)
            .await
            .with_context(|| format!("{} of {wanted} messages arrived in {within:?}", self.received()))
    }

    /// How long they took; begins anew.
    pub(super) fn take(&self) -> Figures {
        std::mem::replace(&mut *self.figures.lock().expect("nobody panics with it"), Figures::new())
    }
}
