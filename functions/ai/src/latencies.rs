//! How soon targets usually begin to answer, as this instance has seen it: when it is worth asking another one too.

use octavo_domain_ai::models::TargetId;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// The newest times of a target that count.
const SAMPLES_MAX: usize = 100;
/// Fewer say nothing of a 95th percentile.
const SAMPLES_MIN: usize = 20;
/// Targets that are remembered; beyond this all are forgotten.
const TARGETS_MAX: usize = 1_024;

/// Times to the first token.
#[derive(Default)]
pub(crate) struct Latencies(HashMap<TargetId, VecDeque<Duration>>);

impl Latencies {
    /// Adds one.
    pub(crate) fn note(&mut self, target: &TargetId, first_token: Duration) {
        if self.0.len() >= TARGETS_MAX && !self.0.contains_key(target) {
            self.0.clear();
        }
        let samples = self.0.entry(target.clone()).or_default();
        if samples.len() == SAMPLES_MAX {
            samples.pop_front();
        }
        samples.push_back(first_token);
    }

    /// The time within which 95 of 100 began (nearest rank); none while too few are known.
    pub(crate) fn p95(&self, target: &TargetId) -> Option<Duration> {
        let samples = self.0.get(target).filter(|samples| samples.len() >= SAMPLES_MIN)?;
        let mut sorted: Vec<Duration> = samples.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get((sorted.len() * 95).div_ceil(100) - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentile_is_that_of_the_newest_and_needs_enough() {
        let target = TargetId { provider: "openai".to_owned(), model: "m".to_owned(), tenant: None };
        let mut latencies = Latencies::default();
        for n in 1..SAMPLES_MIN as u64 {
            latencies.note(&target, Duration::from_millis(n));
            assert_eq!(latencies.p95(&target), None);
        }
        for n in 1..=100 {
            latencies.note(&target, Duration::from_millis(n));
        }
        assert_eq!(latencies.p95(&target), Some(Duration::from_millis(95)));
    }
}
