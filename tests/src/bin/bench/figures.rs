//! Durations, summed up.

use hdrhistogram::Histogram;
use std::time::Duration;

/// Collects durations with a precision of three digits.
pub(crate) struct Figures(Histogram<u64>);

impl Figures {
    pub(crate) fn new() -> Self {
        // Up to a minute, in nanoseconds.
        Self(Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("the bounds are constants that make sense"))
    }

    pub(crate) fn add(&mut self, duration: Duration) {
        self.0.saturating_record(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("both have the same bounds");
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// Milliseconds at a quantile of 0 to 1.
    pub(crate) fn ms(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1e6
    }

    pub(crate) fn line(&self, what: &str) {
        println!(
            "{what}: n {}, p50 {:.3} ms, p90 {:.3} ms, p99 {:.3} ms, max {:.3} ms",
            self.0.len(),
            self.ms(0.5),
            self.ms(0.9),
            self.ms(0.99),
            self.ms(1.0)
        );
    }
}
