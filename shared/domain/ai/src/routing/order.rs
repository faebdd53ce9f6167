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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Catalogue, TargetId};
    use proptest::prelude::*;
    use std::sync::Arc;
    use std::time::Duration;

    fn candidate(provider: &str, model: &str) -> Candidate {
        let spec = Arc::clone(Catalogue::built_in().model(model).unwrap());
        Candidate {
            target: TargetId { provider: provider.to_owned(), model: model.to_owned(), tenant: None },
            upstream_model: model.to_owned(),
            price: spec.price,
            spec,
        }
    }

    fn view(candidate: &Candidate, phase: Phase, latency_ms: Option<u64>) -> BreakerView {
        BreakerView {
            target: candidate.target.clone(),
            phase,
            open_for: None,
            latency: latency_ms.map(Duration::from_millis),
            calls: 0,
            failures: 0,
            slow: 0,
            last_failure: None,
        }
    }

    fn models(ordered: &[Candidate]) -> Vec<&str> {
        ordered.iter().map(|one| one.spec.name.as_str()).collect()
    }

    const USAGE: Usage = Usage { input: 1_000, cached: 0, cache_write: 0, output: 500, reasoning: 0 };

    fn three() -> Vec<Candidate> {
        vec![
            candidate("openai", "gpt-5.5"),
            candidate("anthropic", "claude-sonnet-5-5"),
            candidate("openai", "gpt-6.1-terra"),
        ]
    }

    #[test]
    fn the_cheapest_is_first_and_latency_can_outweigh_it() {
        let all = three();
        let ordered = order(all.clone(), &[], &USAGE, &Routing::default(), 1);
        assert_eq!(models(&ordered), ["gpt-6.1-terra", "claude-sonnet-5-5", "gpt-5.5"]);
        let views: Vec<BreakerView> =
            [200, 400, 4_000].iter().zip(&all).map(|(ms, one)| view(one, Phase::Closed, Some(*ms))).collect();
        let quick = Routing { cost_weight: 0.1, latency_weight: 10.0, ..Routing::default() };
        assert_eq!(
            models(&order(all.clone(), &views, &USAGE, &quick, 1)),
            ["gpt-5.5", "claude-sonnet-5-5", "gpt-6.1-terra"]
        );
        // Only for equal cost, at the usual weights.
        assert_eq!(
            models(&order(all, &views, &USAGE, &Routing::default(), 1)),
            ["gpt-6.1-terra", "claude-sonnet-5-5", "gpt-5.5"]
        );
    }

    #[test]
    fn an_open_one_is_a_last_resort_and_a_half_open_one_keeps_its_place() {
        let all = three();
        let cheapest = |phase| {
            let prefer = vec!["anthropic".to_owned()];
            let weights = Routing { prefer, ..Routing::default() };
            let views = [view(&all[1], phase, None)];
            order(all.clone(), &views, &USAGE, &weights, 1)
        };
        assert_eq!(models(&cheapest(Phase::Closed)), ["claude-sonnet-5-5", "gpt-6.1-terra", "gpt-5.5"]);
        assert_eq!(models(&cheapest(Phase::HalfOpen)), ["claude-sonnet-5-5", "gpt-6.1-terra", "gpt-5.5"]);
        assert_eq!(models(&cheapest(Phase::Open)), ["gpt-6.1-terra", "gpt-5.5", "claude-sonnet-5-5"]);
        // A breaker of the same model under another key is another breaker.
        let mut foreign = view(&all[1], Phase::Open, None);
        foreign.target.tenant = Some("acme".parse().unwrap());
        let ordered = order(all.clone(), &[foreign], &USAGE, &Routing::default(), 1);
        assert_eq!(models(&ordered)[1], "claude-sonnet-5-5");
    }

    #[test]
    fn no_price_is_the_dearest_and_a_long_prompts_price_is_seen() {
        let unpriced = Candidate { price: None, ..candidate("openai", "gpt-6-luna") };
        let ordered = order(vec![unpriced, candidate("openai", "gpt-4.1")], &[], &USAGE, &Routing::default(), 1);
        assert_eq!(ordered.len(), 2);
        let both = || vec![candidate("anthropic", "claude-haiku-5-5"), candidate("openai", "gpt-6-luna")];
        let long = Usage { input: 150_000, ..USAGE };
        for seed in 0..20 {
            // Five times dearer above 100,000 tokens.
            assert_eq!(models(&order(both(), &[], &long, &Routing::default(), seed))[0], "gpt-6-luna");
        }
    }

    #[test]
    fn equals_are_spread() {
        let both = || vec![candidate("anthropic", "claude-haiku-5-5"), candidate("openai", "gpt-6-luna")];
        let first = |seed| order(both(), &[], &USAGE, &Routing::default(), seed).swap_remove(0).target.provider;
        let openai = (0..1_000).filter(|seed| first(*seed) == "openai").count();
        assert!((350..650).contains(&openai), "{openai}");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_the_input_order_does_not_matter(seed: u64, turn in 0_usize..3, open in 0_usize..4, cost: f64, latency: f64) {
            let weights = Routing { cost_weight: cost, latency_weight: latency, ..Routing::default() };
            let all = three();
            let views: Vec<BreakerView> = all.get(open).map(|one| view(one, Phase::Open, Some(5))).into_iter().collect();
            let mut turned = all.clone();
            turned.rotate_left(turn);
            let ordered = order(all.clone(), &views, &USAGE, &weights, seed);
            prop_assert_eq!(&ordered, &order(turned, &views, &USAGE, &weights, seed));
            prop_assert_eq!(ordered.len(), 3);
            if let Some(open) = all.get(open) {
                prop_assert_eq!(&ordered[2].target, &open.target);
            }
        }
    }
}
