//! Time that a test moves by hand.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use octavo_domain_kernel::Clock;
use parking_lot::Mutex;
use std::time::Duration;

/// A clock that stands still until it is moved. Begins at noon, 1 January 2026, UTC.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl Default for ManualClock {
    fn default() -> Self {
        Self::at(Utc.with_ymd_and_hms(2026, 1, 1, 12, 0, 0).unwrap())
    }
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        *self.0.lock() += TimeDelta::from_std(by).unwrap();
    }

    /// Sets it, also backwards.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.0.lock() = now;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock()
    }
}
