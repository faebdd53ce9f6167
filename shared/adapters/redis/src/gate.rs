//! Failing at once while the other side is known to be away.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The other side has not answered so many calls in a row: the connection is taken for dead. A peer that has vanished
/// without a word (a failover, a network that swallows) is otherwise noticed only when the kernel gives up, after
/// minutes.
const TIMEOUTS_MAX: u32 = 3;

/// Lets calls through, or, for a pause after one failed, only one at a time: who comes to a server that is away does not
/// wait for what somebody else has just waited for.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Zero: it never closes.
    pause: Duration,
    since: Instant,
    /// Microseconds after `since` until which it is closed; 0: it is open. One call passes when they are over, and closes
    /// it behind itself for as long again.
    closed_until: AtomicU64,
    timeouts: AtomicU32,
}

impl Gate {
    pub(crate) fn new(pause: Duration) -> Self {
        Self { pause, since: Instant::now(), closed_until: AtomicU64::new(0), timeouts: AtomicU32::new(0) }
    }

    /// Whether a call may be tried.
    pub(crate) fn enter(&self) -> bool {
        let until = self.closed_until.load(Ordering::Acquire);
        if until == 0 {
            return true;
        }
        let now = self.now();
        let behind = self.closing(now);
        now >= until && self.closed_until.compare_exchange(until, behind, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// A call was answered, be it with a refusal: the other side is there.
    pub(crate) fn answered(&self) {
        // Mostly nothing changes: a load does not take the line from the other cores.
        if self.closed_until.load(Ordering::Relaxed) != 0 {
            self.closed_until.store(0, Ordering::Release);
        }
        if self.timeouts.load(Ordering::Relaxed) != 0 {
            self.timeouts.store(0, Ordering::Relaxed);
        }
    }

    /// A call was not answered: no connection, or nothing in time. True if the connection is to be given up.
    pub(crate) fn failed(&self, timeout: bool) -> bool {
        if !self.pause.is_zero() {
            self.closed_until.store(self.closing(self.now()), Ordering::Release);
        }
        if !timeout {
            return false;
        }
        let dead = self.timeouts.fetch_add(1, Ordering::Relaxed) + 1 >= TIMEOUTS_MAX;
        if dead {
            self.timeouts.store(0, Ordering::Relaxed);
        }
        dead
    }

    fn closing(&self, now: u64) -> u64 {
        now.saturating_add(u64::try_from(self.pause.as_micros()).unwrap_or(u64::MAX)).max(1)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn closes_for_a_pause_and_opens_with_an_answer() {
        let gate = Gate::new(LONG);
        assert!(gate.enter() && gate.enter());
        gate.failed(false);
        assert!(!gate.enter() && !gate.enter());
        gate.answered();
        assert!(gate.enter() && gate.enter());
    }

    #[test]
    fn after_the_pause_one_passes() {
        let gate = Gate::new(LONG);
        gate.closed_until.store(1, Ordering::Release);
        while gate.now() < 1 {
            std::hint::spin_loop();
        }
        assert!(gate.enter());
        assert!(!gate.enter(), "it is closed behind the one");
    }

    #[test]
    fn without_a_pause_it_never_closes() {
        let gate = Gate::new(Duration::ZERO);
        gate.failed(false);
        assert!(gate.enter());
    }

    #[test]
    fn timeouts_in_a_row_give_the_connection_up() {
        let gate = Gate::new(Duration::ZERO);
        assert!(!gate.failed(true) && !gate.failed(true));
        gate.answered();
        assert!(!gate.failed(true) && !gate.failed(false) && !gate.failed(true));
        assert!(gate.failed(true));
        assert!(!gate.failed(true), "the next connection has its own count");
    }
}
