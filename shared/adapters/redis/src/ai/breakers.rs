//! Circuit breakers that all instances share.

use super::breaker_view::{FIELDS, view};
use crate::cache::milliseconds;
use crate::connection::Redis;
use async_trait::async_trait;
use octavo_domain_ai::FaultClass;
use octavo_domain_ai::models::TargetId;
use octavo_domain_ai::ports::{BreakerView, Breakers, Sample};
use octavo_domain_ai::routing::{BreakerRule, COOL_DOWN_MAX};
use octavo_domain_kernel::PortError;
use redis::Script;
use std::sync::LazyLock;
use std::time::Duration;

/// How long the state of a target is kept after its last use: one that nobody calls any more vanishes.
const KEPT: Duration = Duration::from_secs(3600);
/// Longest that anything is held open, or a probe's lease: a month.
const HOLD_MAX: Duration = Duration::from_secs(31 * 24 * 3600);

static RECORD: LazyLock<Script> = LazyLock::new(|| of_breaker(include_str!("record.lua")));
static PROBE: LazyLock<Script> = LazyLock::new(|| of_breaker(include_str!("probe.lua")));
static HOLD: LazyLock<Script> = LazyLock::new(|| of_breaker(include_str!("hold.lua")));

fn of_breaker(script: &str) -> Script {
    Script::new(&[include_str!("breaker.lua"), script].concat())
}

/// [`Breakers`] over one hash a target, by the server's clock: whoever applies the rule, and wherever, it is with one
/// clock and on one state.
#[derive(Debug, Clone)]
pub struct RedisBreakers {
    redis: Redis,
    rule: BreakerRule,
}

impl RedisBreakers {
    /// Breakers on `redis` that open and close by `rule`: the same for all instances.
    pub fn new(redis: Redis, rule: BreakerRule) -> Self {
        Self { redis, rule }
    }

    fn half_window(&self) -> u64 {
        micros(self.rule.window / 2).max(1)
    }
}

/// The target is the hash tag: its breaker is one key, and targets are spread over a cluster.
fn breaker_key(target: &TargetId) -> String {
    format!("octavo:breaker:{{{target}}}")
}

/// Whole microseconds. Bounded, so that a Lua number holds the sum with the present exactly.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.min(HOLD_MAX).as_micros()).expect("a month of microseconds fits")
}

/// For how long `sample` opens a breaker whatever was counted, in microseconds, and whether for its class.
fn forced(sample: &Sample, rule: &BreakerRule) -> (u64, bool) {
    let is = |class: FaultClass| sample.failed && sample.class == Some(class.as_str());
    if [FaultClass::Authentication, FaultClass::Permission, FaultClass::Quota].into_iter().any(is) {
        return (micros(rule.open_for_max), true);
    }
    match sample.cool_down {
        Some(wait) if [FaultClass::RateLimited, FaultClass::Overloaded].into_iter().any(is) => {
            (micros(wait.min(COOL_DOWN_MAX)), false)
        }
        _ => (0, false),
    }
}

#[async_trait]
impl Breakers for RedisBreakers {
    async fn view(&self, targets: &[TargetId]) -> Result<Vec<BreakerView>, PortError> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipeline = redis::pipe();
        pipeline.cmd("TIME");
        for target in targets {
            pipeline.cmd("HMGET").arg(breaker_key(target)).arg(&FIELDS);
        }
        let answers: Vec<Vec<Option<String>>> = self.redis.pipeline(&pipeline).await?;
        let (time, states) = answers.split_first().ok_or_else(|| PortError::corrupt("no time from Redis"))?;
        let part = |at: usize| time.get(at)?.as_deref()?.parse::<u64>().ok();
        let (Some(seconds), Some(rest)) = (part(0), part(1)) else {
            return Err(PortError::corrupt("no time from Redis"));
        };
        let now = seconds * 1_000_000 + rest;
        targets.iter().zip(states).map(|(target, fields)| view(target, fields, now, self.half_window())).collect()
    }

    async fn probe(&self, target: &TargetId, lease: Duration) -> Result<bool, PortError> {
        self.redis
            .script(&PROBE, |script| {
                script.key(breaker_key(target)).arg(micros(lease).max(1)).arg(milliseconds(KEPT));
            })
            .await
    }

    async fn record(&self, target: &TargetId, sample: &Sample) -> Result<(), PortError> {
        let rule = &self.rule;
        let slow = sample.first_token.is_some_and(|first| first > rule.slow_after);
        let first = sample.first_token.map_or_else(|| "-1".to_owned(), |first| micros(first).to_string());
        let (forced, of_class) = forced(sample, rule);
        self.redis
            .script::<()>(&RECORD, |script| {
                script.key(breaker_key(target)).arg(u8::from(sample.failed)).arg(u8::from(slow)).arg(first);
                script.arg(sample.class.unwrap_or_default()).arg(forced).arg(u8::from(of_class));
                script.arg(self.half_window()).arg(rule.calls_min).arg(rule.failed_percent).arg(rule.slow_percent);
                script.arg(micros(rule.open_for)).arg(micros(rule.open_for_max)).arg(milliseconds(KEPT));
            })
            .await
    }

    async fn hold_open(&self, target: &TargetId, wait: Duration) -> Result<(), PortError> {
        self.redis
            .script::<()>(&HOLD, |script| {
                script.key(breaker_key(target)).arg(micros(wait)).arg(micros(self.rule.open_for));
                script.arg(milliseconds(KEPT));
            })
            .await
    }

    async fn reset(&self, target: &TargetId) -> Result<(), PortError> {
        self.redis.query(redis::cmd("DEL").arg(breaker_key(target))).await
    }
}
