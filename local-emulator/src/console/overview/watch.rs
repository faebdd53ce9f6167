//! Looks at everything again and again, and keeps what was seen last.

use super::history::History;
use super::look::{Before, look};
use super::thing::Thing;
use crate::console::health::Pings;
use crate::emulator::Parts;
use chrono::{DateTime, Utc};
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::Clock;
use parking_lot::Mutex;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// From one look to the next: one look asks each engine once, and costs a few milliseconds of one core.
pub(super) const INTERVAL: Duration = Duration::from_secs(2);

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) at: DateTime<Utc>,
    pub(super) things: Vec<Thing>,
    pub(super) history: History,
}

/// The watch of an emulator.
#[derive(Default)]
pub(crate) struct Watch {
    seen: Mutex<Seen>,
    pings: Pings,
    /// Somebody has just switched something, and wants to see it.
    soon: Arc<Notify>,
}

/// Ends the watch when it is dropped.
pub(crate) struct Watching(JoinHandle<()>);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Watch {
    /// Begins to look. Keeps nothing of the emulator alive between two looks.
    pub(crate) fn start(parts: &Arc<Parts>) -> Watching {
        let (soon, parts) = (parts.watch.soon.clone(), Arc::downgrade(parts));
        Watching(tokio::spawn(run(parts, soon)))
    }

    /// Looks again at once.
    pub(crate) fn look_again(&self) {
        self.soon.notify_one();
    }

    /// Clients for health checks.
    pub(in crate::console) fn pings(&self) -> &Pings {
        &self.pings
    }

    /// What was seen last.
    pub(super) fn last<T>(&self, read: impl FnOnce(&Seen) -> T) -> T {
        read(&self.seen.lock())
    }
}

async fn run(parts: Weak<Parts>, soon: Arc<Notify>) {
    let mut before = Before::default();
    loop {
        let Some(parts) = parts.upgrade() else { return };
        let things = look(&parts, &parts.watch.pings, &mut before, SystemClock.now()).await;
        {
            let mut seen = parts.watch.seen.lock();
            seen.at = SystemClock.now();
            seen.history.add(&things);
            seen.things = things;
        }
        drop(parts);
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = soon.notified() => {}
        }
    }
}
