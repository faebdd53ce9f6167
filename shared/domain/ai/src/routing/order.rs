//! Which candidate is tried first.

use super::{Candidate, Phase};
use crate::Usage;
use crate::limits::Routing;
use crate::ports::BreakerView;
use rust_decimal::prelude::ToPrimitive;
use std::cmp::Ordering;

impl Candidate {
    /// What a call of `usage` would cost here, in US dollars; none where there is no price.
    pub fn expected_cost(&self, usage: &Usage) -> Option<rust_decimal::Decimal> {
        self.price.map(|price| price.cost(usage))
    }
}

/// The order in which candidates are tried:
///
/// 1. Those whose breaker is open last: they are a last resort, where everything else is gone too. A half-open one keeps
///    the place that it would have if it were closed. Behind the closed ones it would never be probed while one of those
///    answers, and a provider that recovered would never be used again; and it costs little, since
///    [`crate::ports::Breakers::probe`] lets one call through and sends every other one to the next candidate.
/// 2. By [`Routing::prefer`], in that order; then the rest.
/// 3. By score, the lowest first: `cost_weight` times the expected cost as a share of the dearest candidate's, plus
///    `latency_weight` times the measured time to the first token as a share of the slowest's. No price counts as the
///    dearest; a latency that nobody measured as 0, so that it is measured.
/// 4. Equals by chance: by a hash of the target and `seed`, so that equal requests spread over equal targets.
///
/// `usage` is what the call is expected to use (input as counted, output as allowed or usual). `views` are found by their
/// target, tenant included; a target without one is closed. The same arguments give the same order.
pub fn order(
    candidates: Vec<Candidate>,
    views: &[BreakerView],
    usage: &Usage,
    weights: &Routing,
    seed: u64,
) -> Vec<Candidate> {
    let measured: Vec<Measured> = candidates.into_iter().map(|candidate| measure(candidate, views, usage)).collect();
    let dearest = measured.iter().filter_map(|one| one.cost).fold(0.0, f64::max);
    let slowest = measured.iter().map(|one| one.latency).fold(0.0, f64::max);
    let share = |value: f64, of: f64| if of > 0.0 { value / of } else { 0.0 };
    let weight = |weight: f64| if weight.is_finite() { weight.max(0.0) } else { 0.0 };
    let mut ranked: Vec<(Rank, Candidate)> = measured
        .into_iter()
        .map(|one| {
            let cost = one.cost.map_or(1.0, |cost| share(cost, dearest));
            let score =
                weight(weights.cost_weight) * cost + weight(weights.latency_weight) * share(one.latency, slowest);
            let provider = &one.candidate.target.provider;
            let preferred = weights.prefer.iter().position(|name| name == provider).unwrap_or(weights.prefer.len());
            let chance = hash(seed, &one.candidate);
            (Rank { open: one.open, preferred, score, chance }, one.candidate)
        })
        .collect();
    ranked.sort_by(|(a, one), (b, other)| a.compare(b).then_with(|| one.target.cmp(&other.target)));
    ranked.into_iter().map(|(_, candidate)| candidate).collect()
}

struct Measured {
    candidate: Candidate,
    cost: Option<f64>,
    latency: f64,
    open: bool,
}

struct Rank {
    open: bool,
    preferred: usize,
    score: f64,
    chance: u64,
}

impl Rank {
    fn compare(&self, other: &Self) -> Ordering {
        let known = (self.open, self.preferred).cmp(&(other.open, other.preferred));
        known.then(self.score.total_cmp(&other.score)).then(self.chance.cmp(&other.chance))
    }
}

fn measure(candidate: Candidate, views: &[BreakerView], usage: &Usage) -> Measured {
    let view = views.iter().find(|view| view.target == candidate.target);
    Measured {
        cost: candidate.expected_cost(usage).and_then(|cost| cost.to_f64()),
        latency: view.and_then(|view| view.latency).map_or(0.0, |latency| latency.as_secs_f64()),
        open: view.is_some_and(|view| view.phase == Phase::Open),
        candidate,
    }
}

/// FNV-1a with the seed in front: nothing depends on its strength.
fn hash(seed: u64, candidate: &Candidate) -> u64 {
    let target = [candidate.target.provider.as_bytes(), b"/", candidate.target.model.as_bytes()].concat();
    seed.to_le_bytes()
        .into_iter()
        .chain(target)
        .fold(0xcbf2_9ce4_8422_2325, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
