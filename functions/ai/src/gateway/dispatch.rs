//! Targets in order, breakers, retries: until one begins to answer.

use super::ask::Ask;
use super::attempt::{Started, attempt};
use super::exchange::Exchange;
use super::prepare::Prepared;
use crate::{AiFault, Deps};
use octavo_domain_ai::models::{Endpoint, TargetId};
use octavo_domain_ai::ports::{BreakerView, Sample};
use octavo_domain_ai::routing::{Backoff, Candidate, LocalBreaker, Phase, Unroutable, order};
use octavo_domain_ai::{FaultClass, ProviderFault, Usage};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A probe of a half-open breaker has so long to report.
const PROBE_LEASE: Duration = Duration::from_secs(30);
/// Breakers of this instance that are remembered; beyond this all are forgotten.
const LOCAL_BREAKERS_MAX: usize = 1_024;
/// A provider that asks for no more patience than this is asked again before another one is.
const PATIENCE: Duration = Duration::from_millis(250);
/// A second target is not asked sooner than this.
const HEDGE_MIN: Duration = Duration::from_millis(200);
/// Times the mean time to the first token after which a second target is asked while this instance has seen too few
/// to know the 95th percentile: providers' times have a long tail.
const HEDGE_FACTOR: u32 = 3;

/// What was tried, for the ledger and the metrics.
#[derive(Default)]
pub(crate) struct Trail {
    pub(crate) attempts: u16,
    pub(crate) failures: Vec<(TargetId, FaultClass)>,
    pub(crate) breakers_open: u32,
    /// The provider and model that were tried last.
    pub(crate) last: Option<TargetId>,
}

struct Course<'a> {
    deps: &'a Arc<Deps>,
    ask: &'a Ask,
    prepared: &'a Prepared,
    exchange: &'a Exchange,
}

/// Finds a target that begins to answer.
pub(crate) async fn dispatch(
    deps: &Arc<Deps>,
    ask: &Ask,
    prepared: &Prepared,
    exchange: &Exchange,
    trail: &mut Trail,
) -> Result<Started, AiFault> {
    let targets: Vec<TargetId> = prepared.candidates.iter().map(|candidate| candidate.target.clone()).collect();
    let views = views(deps, &targets).await;
    trail.breakers_open = views.iter().filter(|view| view.phase != Phase::Closed).count() as u32;
    let usage = Usage { input: prepared.input_tokens, output: prepared.output_tokens, ..Usage::default() };
    let seed = deps.ids.next().as_u64_pair().1;
    let ordered = order(prepared.candidates.clone(), &views, &usage, &prepared.settings.policy.routing, seed);
    let course = Course { deps, ask, prepared, exchange };
    let phase = |candidate: &Candidate| view_of(&views, &candidate.target).map_or(Phase::Closed, |view| view.phase);
    let mut last: Option<(String, ProviderFault)> = None;
    let ordered: Vec<Candidate> = ordered.into_iter().take(deps.options.targets_max).collect();
    let mut from = 0;
    if prepared.settings.policy.routing.hedge && ordered.len() > 1 && phase(&ordered[1]) == Phase::Closed {
        let mean = view_of(&views, &ordered[0].target).and_then(|view| view.latency);
        let usual = deps.latencies.lock().p95(&ordered[0].target).or(mean.map(|mean| mean * HEDGE_FACTOR));
        if let (Some(usual), Phase::Closed) = (usual, phase(&ordered[0])) {
            match course.hedged(&ordered[0], &ordered[1], usual.max(HEDGE_MIN), trail).await {
                Ok(started) => return Ok(started),
                Err(failed) => (last, from) = (Some(failed), 2),
            }
        }
    }
    for (position, candidate) in ordered.iter().enumerate().skip(from) {
        if last.as_ref().is_some_and(|(_, fault)| !fault.fails_over()) {
            break;
        }
        let more = ordered.get(position + 1..).is_some_and(|rest| rest.iter().any(|next| phase(next) != Phase::Open));
        match phase(candidate) {
            Phase::Closed => {}
            // The last resort: it is open, and nothing else was there to be tried.
            Phase::Open if last.is_some() => continue,
            Phase::Open => {}
            // Somebody else has the probe: the next is asked, unless there is none.
            Phase::HalfOpen if !probe(deps, &candidate.target).await && (more || last.is_some()) => continue,
            Phase::HalfOpen => {}
        }
        match course.patiently(candidate, more, trail).await {
            Ok(started) => return Ok(started),
            Err(fault) => last = Some((candidate.target.provider.clone(), fault)),
        }
        if Instant::now() >= ask.deadline {
            return Err(AiFault::Deadline { after: ask.deadline - ask.began });
        }
    }
    match last {
        Some((provider, fault)) => Err(AiFault::Provider { provider, fault }),
        None => Err(Unroutable::NoProvider { asked: prepared.asked.clone() }.into()),
    }
}

impl Course<'_> {
    /// Asks `candidate`, again after a failure that may pass. Where others are left they are asked sooner than this one
    /// again, unless it asks for a moment only.
    async fn patiently(&self, candidate: &Candidate, more: bool, trail: &mut Trail) -> Result<Started, ProviderFault> {
        let mut tries = 0;
        loop {
            let fault = match self.once(candidate, more, trail).await {
                Ok(started) => return Ok(started),
                Err(fault) => fault,
            };
            let brief = fault.retry_after.is_some_and(|after| after <= PATIENCE);
            if !fault.is_retryable() || tries >= self.deps.options.retries_max || (more && !brief) {
                return Err(fault);
            }
            let left = self.ask.deadline.saturating_duration_since(Instant::now());
            let Some(delay) = Backoff::default().delay(tries, chance(self.deps), fault.retry_after, left) else {
                return Err(fault);
            };
            sleep(delay).await;
            tries += 1;
        }
    }

    /// Asks `candidate` once, and tells its breaker how that went.
    async fn once(&self, candidate: &Candidate, others: bool, trail: &mut Trail) -> Result<Started, ProviderFault> {
        trail.attempts = trail.attempts.saturating_add(1);
        trail.last = Some(candidate.target.clone());
        let result = self.send(candidate, others).await;
        if let Err(fault) = &result {
            trail.failures.push((candidate.target.clone(), fault.class));
            tracing::warn!(target_id = %candidate.target, %fault, "a provider failed");
            record(self.deps, &candidate.target, &Sample::failed(fault)).await;
        }
        result
    }

    async fn send(&self, candidate: &Candidate, others: bool) -> Result<Started, ProviderFault> {
        let unknown = || ProviderFault::new(FaultClass::NotFound, "the provider is not configured any more");
        let access =
            self.deps.options.providers.iter().find(|access| access.endpoint.name == candidate.target.provider);
        let access = access.ok_or_else(unknown)?;
        let key = self.prepared.settings.keys.get(&candidate.target.provider).or(access.key.as_ref());
        let key = key.ok_or_else(unknown)?;
        let endpoint: &Arc<Endpoint> = &access.endpoint;
        attempt(self.deps, self.ask, self.exchange, candidate, endpoint, key, others).await
    }

    /// Asks `first`, and after `patience` also `second`; whoever begins to answer first is taken, the other dropped.
    async fn hedged(
        &self,
        first: &Candidate,
        second: &Candidate,
        patience: Duration,
        trail: &mut Trail,
    ) -> Result<Started, (String, ProviderFault)> {
        let (mut one, mut two) = (Trail::default(), Trail::default());
        let outcome = {
            let early = self.once(first, true, &mut one);
            let late = async {
                sleep(patience).await;
                self.once(second, false, &mut two).await
            };
            tokio::pin!(early, late);
            tokio::select! {
                begun = &mut early => match begun {
                    Ok(started) => Ok(started),
                    // The first failed: the second need not wait any longer than it takes to fail too.
                    Err(fault) if !fault.fails_over() => Err((first.target.provider.clone(), fault)),
                    Err(_) => late.await.map_err(|fault| (second.target.provider.clone(), fault)),
                },
                begun = &mut late => match begun {
                    Ok(started) => Ok(started),
                    Err(_) => early.await.map_err(|fault| (first.target.provider.clone(), fault)),
                },
            }
        };
        for part in [one, two] {
            trail.attempts = trail.attempts.saturating_add(part.attempts);
            trail.failures.extend(part.failures);
            trail.last = part.last.or(trail.last.take());
        }
        outcome
    }
}

fn view_of<'a>(views: &'a [BreakerView], target: &TargetId) -> Option<&'a BreakerView> {
    views.iter().find(|view| view.target == *target)
}

/// The breakers of `targets`: the shared ones, or while those are away what this instance saw itself.
async fn views(deps: &Deps, targets: &[TargetId]) -> Vec<BreakerView> {
    if !deps.rest.rests()
        && let Some(views) = deps.rest.note("breakers", deps.breakers.view(targets).await)
    {
        return views;
    }
    let now = deps.began.elapsed();
    let local = deps.local_breakers.lock();
    let known = |target: &TargetId| match local.get(target) {
        Some(breaker) => breaker.view(now, target.clone()),
        None => LocalBreaker::new(deps.options.breaker_rule).view(now, target.clone()),
    };
    targets.iter().map(known).collect()
}

async fn probe(deps: &Deps, target: &TargetId) -> bool {
    if !deps.rest.rests()
        && let Some(granted) = deps.rest.note("breakers", deps.breakers.probe(target, PROBE_LEASE).await)
    {
        return granted;
    }
    let now = deps.began.elapsed();
    deps.local_breakers.lock().get_mut(target).is_none_or(|breaker| breaker.probe(now, PROBE_LEASE))
}

/// Tells a breaker how a call went: this instance's own always, so that it knows something when the shared one is away.
pub(crate) async fn record(deps: &Deps, target: &TargetId, sample: &Sample) {
    if let Some(first_token) = sample.first_token {
        deps.latencies.lock().note(target, first_token);
    }
    {
        let mut local = deps.local_breakers.lock();
        if local.len() >= LOCAL_BREAKERS_MAX && !local.contains_key(target) {
            local.clear();
        }
        let rule = deps.options.breaker_rule;
        let breaker = local.entry(target.clone()).or_insert_with(|| LocalBreaker::new(rule));
        breaker.record(deps.began.elapsed(), sample);
    }
    if !deps.rest.rests() {
        let recorded = deps.breakers.record(target, sample).await;
        deps.rest.note("breakers", recorded);
    }
}

/// 0 to 1, from the random bits of an identifier.
fn chance(deps: &Deps) -> f64 {
    let (_, low) = deps.ids.next().as_u64_pair();
    (low & 0xffff_ffff) as f64 / f64::from(u32::MAX).max(1.0)
}
