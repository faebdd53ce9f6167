//! Exponential backoff with full jitter.

use std::sync::Arc;
use std::time::Duration;

/// Chance as an argument: each call draws a number of `0.0..1.0`.
pub type Random = Arc<dyn Fn() -> f64 + Send + Sync>;

/// Between nothing and `base * 2^n`, at most `cap`: full jitter, so that what failed together is not tried together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The longest first pause.
    pub base: Duration,
    /// The longest pause at all.
    pub cap: Duration,
}

impl Backoff {
    /// The pause after `failures` failures in a row (1 or more), with `random` of `0.0..1.0`.
    pub fn pause(&self, failures: u32, random: f64) -> Duration {
        let doubled = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        let longest = self.base.checked_mul(doubled).unwrap_or(self.cap).min(self.cap);
        longest.mul_f64(random.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn doubles_up_to_the_cap() {
        let backoff = Backoff { base: Duration::from_secs(1), cap: Duration::from_secs(60) };
        let longest: Vec<u64> = (1..9).map(|failures| backoff.pause(failures, 1.0).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff.pause(5, 0.0), Duration::ZERO);
        assert_eq!(backoff.pause(5, 0.25), Duration::from_secs(4));
    }

    proptest! {
        #[test]
        fn never_over_the_cap(base in 0_u64..1 << 50, cap in 0_u64..1 << 50, failures: u32, random in 0.0..1.0) {
            let backoff = Backoff { base: Duration::from_millis(base), cap: Duration::from_millis(cap) };
            prop_assert!(backoff.pause(failures, random) <= backoff.cap);
        }
    }
}
