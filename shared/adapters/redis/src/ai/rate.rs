//! The generic cell rate algorithm's times (ITU-T I.371), exact: microseconds, and a rest in parts of a microsecond.

use super::limits::BURST_MICROS_MAX;
use octavo_domain_ai::ports::{RateLeft, RateLine};
use std::time::Duration;

const MICROS_PER_MINUTE: u128 = 60_000_000;

/// A time: whole microseconds, and a rest in parts of which the rate's units a minute make one microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) us: u64,
    pub(super) rest: u64,
}

impl Parts {
    /// What `units` take at `per_minute`, which is at least 1. Bounded: more than the bound is as good as for ever.
    pub(super) fn of(units: u64, per_minute: u64) -> Self {
        let (time, per) = (u128::from(units) * MICROS_PER_MINUTE, u128::from(per_minute));
        let narrow = |number: u128| u64::try_from(number).unwrap_or(u64::MAX);
        match narrow(time / per) {
            us if us > 2 * BURST_MICROS_MAX => Self { us: 2 * BURST_MICROS_MAX, rest: 0 },
            us => Self { us, rest: narrow(time % per) },
        }
    }

    /// What a call takes of `line`. What is more than the burst is as good as one more.
    pub(super) fn taken(line: &RateLine) -> Self {
        Self::of(line.amount.min(line.burst.saturating_add(1)), line.per_minute)
    }
}

/// What `line` has left while its arrival time lies `ahead` of now.
pub(super) fn left(line: &RateLine, ahead: Parts) -> RateLeft {
    let taken = u128::from(ahead.us) * u128::from(line.per_minute) + u128::from(ahead.rest);
    let burst = u128::from(line.burst) * MICROS_PER_MINUTE;
    let remaining = burst.saturating_sub(taken) / MICROS_PER_MINUTE;
    RateLeft {
        name: line.name.clone(),
        limit: line.burst,
        remaining: u64::try_from(remaining).expect("no more than the burst"),
        reset: Duration::from_micros(ahead.us + u64::from(ahead.rest > 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(per_minute: u64, burst: u64, amount: u64) -> RateLine {
        RateLine { name: "requests".to_owned(), per_minute, burst, amount }
    }

    #[test]
    fn nothing_is_rounded() {
        assert_eq!(Parts::of(1, 60), Parts { us: 1_000_000, rest: 0 });
        assert_eq!(Parts::of(1, 7), Parts { us: 8_571_428, rest: 4 });
        assert_eq!(Parts::of(7, 7), Parts { us: 60_000_000, rest: 0 });
        assert_eq!(Parts::of(1, 1_000_000_000), Parts { us: 0, rest: 60_000_000 });
        assert_eq!(Parts::of(u64::MAX, 1), Parts { us: 2 * BURST_MICROS_MAX, rest: 0 });
        assert_eq!(Parts::taken(&line(60, 5, u64::MAX)), Parts::of(6, 60), "more than the burst is one more");
    }

    #[test]
    fn what_is_left_is_whole_units() {
        let line = line(7, 7, 1);
        let at = |ahead| left(&line, ahead).remaining;
        assert_eq!(at(Parts { us: 0, rest: 0 }), 7);
        assert_eq!(at(Parts { us: 0, rest: 1 }), 6);
        assert_eq!(at(Parts::of(3, 7)), 4);
        assert_eq!(at(Parts::of(7, 7)), 0);
        assert_eq!(at(Parts::of(70, 7)), 0, "settled for far more than was there");
        assert_eq!(left(&line, Parts::of(1, 7)).reset, Duration::from_micros(8_571_429));
    }
}
