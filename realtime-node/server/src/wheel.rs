//! One timing wheel for all connections: who is to be looked at in which tick. It holds one weak pointer a connection, and
//! knows nothing of why: the connection says when it is to be looked at again.

use crate::connection::Connection;
use crate::core::Core;
use parking_lot::Mutex;
use std::sync::{Arc, Weak};
use tokio::time::MissedTickBehavior;

/// Ticks that the wheel reaches ahead; what is due later is looked at then, and put in again.
const SLOTS: u32 = 64;

/// Connections that are looked at, and pinged, before others may run: those that began together are due together.
const BATCH: usize = 128;

/// Who is to be looked at, by tick.
pub(crate) struct Wheel {
    slots: Mutex<Vec<Vec<Weak<Connection>>>>,
}

impl Wheel {
    pub(crate) fn new() -> Self {
        Self { slots: Mutex::new((0..SLOTS).map(|_| Vec::new()).collect()) }
    }

    /// Looks at `connection` `ticks` after `now`: in 1 at the earliest.
    pub(crate) fn add(&self, connection: Weak<Connection>, now: u32, ticks: u32) {
        let due = now + ticks.clamp(1, SLOTS - 1);
        self.slots.lock()[(due % SLOTS) as usize].push(connection);
    }

    /// Who is due in tick `now`. Their slot's memory goes with them.
    fn due(&self, now: u32) -> Vec<Weak<Connection>> {
        std::mem::take(&mut self.slots.lock()[(now % SLOTS) as usize])
    }
}

/// Turns the wheel until the server is dropped.
pub(crate) async fn turn(core: Weak<Core>, tick: std::time::Duration) {
    let mut interval = tokio::time::interval(tick);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut done = 0;
    loop {
        interval.tick().await;
        let Some(core) = core.upgrade() else { return };
        let now = core.turn_clock();
        let unix = core.ports.clock.now().timestamp();
        // A machine that slept may be many turns late: each slot is looked at once.
        let first = done.max(now.saturating_sub(SLOTS - 1));
        for at in first..now {
            for (count, connection) in core.wheel.due(at + 1).into_iter().enumerate() {
                if count % BATCH == BATCH - 1 {
                    tokio::task::yield_now().await;
                }
                let Some(connection) = connection.upgrade() else { continue };
                if let Some(ticks) = connection.look(now, unix) {
                    core.wheel.add(Arc::downgrade(&connection), now, ticks);
                }
            }
        }
        done = now;
        core.circles.sweep();
        let unnoted = core.circles.take_unnoted();
        for (circles, late) in [(unnoted.new, false), (unnoted.late, true)] {
            if !circles.is_empty() {
                tokio::spawn(core.clone().note_tops(circles, late));
            }
        }
    }
}
