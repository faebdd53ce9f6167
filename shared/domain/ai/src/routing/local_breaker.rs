//! The breaker that an instance keeps itself.

use super::{BreakerRule, COOL_DOWN_MAX, LATENCY_WEIGHT, Phase};
use crate::models::TargetId;
use crate::ports::{BreakerView, Sample};
use std::time::Duration;

/// A breaker in memory, by the steps that [`BreakerRule`] writes down: what an instance goes by while the shared ones
/// are away. `now` is the time since any fixed moment, by a clock that does not go back.
#[derive(Debug, Clone)]
pub struct LocalBreaker {
    rule: BreakerRule,
    half: u128,
    current: Counts,
    before: Counts,
    open_until: Option<Duration>,
    open_length: Duration,
    probe_until: Option<Duration>,
    latency: Option<Duration>,
    last_failure: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    calls: u32,
    failed: u32,
    slow: u32,
}

impl Counts {
    fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(other.calls),
            failed: self.failed.saturating_add(other.failed),
            slow: self.slow.saturating_add(other.slow),
        }
    }
}

impl LocalBreaker {
    /// Closed, with nothing counted.
    pub fn new(rule: BreakerRule) -> Self {
        Self {
            rule,
            half: 0,
            current: Counts::default(),
            before: Counts::default(),
            open_until: None,
            open_length: Duration::ZERO,
            probe_until: None,
            latency: None,
            last_failure: None,
        }
    }

    /// Whether it lets calls through.
    pub fn phase(&self, now: Duration) -> Phase {
        match self.open_until {
            None => Phase::Closed,
            Some(until) if now < until => Phase::Open,
            Some(_) => Phase::HalfOpen,
        }
    }

    /// As people and [`super::order`] see it.
    pub fn view(&self, now: Duration, target: TargetId) -> BreakerView {
        let mut slid = self.clone();
        slid.slide(now);
        let total = slid.current.plus(slid.before);
        let phase = self.phase(now);
        BreakerView {
            target,
            phase,
            open_for: self.open_until.filter(|_| phase == Phase::Open).map(|until| until.saturating_sub(now)),
            latency: self.latency,
            calls: total.calls,
            failures: total.failed,
            slow: total.slow,
            last_failure: self.last_failure.map(str::to_owned),
        }
    }

    /// Whether a call may go: true where it is closed, and for the one probe of a half-open one.
    pub fn probe(&mut self, now: Duration, lease: Duration) -> bool {
        match self.phase(now) {
            Phase::Closed => true,
            Phase::Open => false,
            Phase::HalfOpen if self.probe_under_way(now) => false,
            Phase::HalfOpen => {
                self.probe_until = Some(now.saturating_add(lease));
                true
            }
        }
    }

    /// Counts how a call went.
    pub fn record(&mut self, now: Duration, sample: &Sample) {
        self.slide(now);
        if let Some(time) = sample.first_token {
            let mean = |old: Duration| time.mul_f64(LATENCY_WEIGHT) + old.mul_f64(1.0 - LATENCY_WEIGHT);
            self.latency = Some(self.latency.map_or(time, mean));
        }
        if sample.failed && sample.class.is_some() {
            self.last_failure = sample.class;
        }
        let slow = sample.first_token.is_some_and(|time| time > self.rule.slow_after);
        let barred = sample.failed && matches!(sample.class, Some("authentication" | "permission" | "quota"));
        let forced = self.forced(sample, barred);
        match self.phase(now) {
            Phase::Closed => {
                self.current =
                    self.current.plus(Counts { calls: 1, failed: u32::from(sample.failed), slow: u32::from(slow) });
                if let Some(length) = forced {
                    self.open_length = if barred { self.rule.open_for_max } else { self.rule.open_for };
                    self.open(now, length);
                } else if self.passes_threshold() {
                    self.open_length = self.rule.open_for;
                    self.open(now, self.rule.open_for);
                }
            }
            Phase::HalfOpen if self.probe_under_way(now) => {
                if sample.failed || slow {
                    self.open_length = match self.open_length {
                        _ if barred => self.rule.open_for_max,
                        Duration::ZERO => self.rule.open_for,
                        length => length.saturating_mul(2).min(self.rule.open_for_max),
                    };
                    self.open(now, self.open_length.max(forced.unwrap_or_default()));
                } else {
                    self.close();
                }
            }
            Phase::HalfOpen | Phase::Open => {
                if let Some(length) = forced {
                    self.open_until = self.open_until.max(Some(now.saturating_add(length)));
                }
            }
        }
    }

    /// Opens it for so long: a person's order.
    pub fn hold_open(&mut self, now: Duration, wait: Duration) {
        self.open_length = self.rule.open_for;
        self.open(now, wait);
    }

    /// Forgets everything: a person's order.
    pub fn reset(&mut self) {
        *self = Self::new(self.rule);
    }

    fn forced(&self, sample: &Sample, barred: bool) -> Option<Duration> {
        let asked = matches!(sample.class, Some("rate_limited" | "overloaded"));
        let cool_down = sample.cool_down.filter(|wait| sample.failed && asked && !wait.is_zero());
        cool_down.map(|wait| wait.min(COOL_DOWN_MAX)).max(barred.then_some(self.rule.open_for_max))
    }

    fn passes_threshold(&self) -> bool {
        let total = self.current.plus(self.before);
        let share = |part: u32, percent: u32| u64::from(part) * 100 >= u64::from(percent) * u64::from(total.calls);
        total.calls >= self.rule.calls_min
            && (share(total.failed, self.rule.failed_percent) || share(total.slow, self.rule.slow_percent))
    }

    fn probe_under_way(&self, now: Duration) -> bool {
        self.probe_until.is_some_and(|until| now < until)
    }

    fn open(&mut self, now: Duration, length: Duration) {
        self.open_until = Some(now.saturating_add(length));
        self.probe_until = None;
    }

    fn close(&mut self) {
        self.open_until = None;
        self.probe_until = None;
        self.open_length = Duration::ZERO;
        self.current = Counts::default();
        self.before = Counts::default();
    }

    fn slide(&mut self, now: Duration) {
        let half = now.as_nanos() / (self.rule.window / 2).as_nanos().max(1);
        if half > self.half {
            self.before = if half == self.half + 1 { self.current } else { Counts::default() };
            self.current = Counts::default();
            self.half = half;
        }
    }
}

#[cfg(test)]
#[path = "local_breaker_tests.rs"]
mod tests;
