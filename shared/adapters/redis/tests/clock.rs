//! The times of rates, budgets, abandoned calls and breakers, to the millisecond: on the emulator's Redis, whose clock a
//! test moves.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod engine;

use bytes::Bytes;
use local_emulator_redis::{ManualClock, Options, Server};
use octavo_adapters_redis::{Redis, RedisBreakers, RedisMeter};
use octavo_domain_ai::models::TargetId;
use octavo_domain_ai::ports::{
    Breakers, BudgetLevel, BudgetLine, Meter, RateLine, Refusal, ReserveRequest, Reserved, Sample, Settlement,
};
use octavo_domain_ai::routing::{BreakerRule, Phase};
use octavo_domain_ai::{FaultClass, ProviderFault};
use octavo_testing::build::tenant;
use octavo_testing::ids::unique;
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Noon, 26 November 2026, UTC, and a bit.
const BEGINNING_MS: u64 = 1_795_694_400_123;

struct World {
    _server: Server,
    clock: Arc<ManualClock>,
    redis: Redis,
}

impl World {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::new(BEGINNING_MS));
        let server = Server::start(Options { clock: clock.clone(), ..Options::default() }).await.unwrap();
        let redis = Redis::new(&server.url()).unwrap();
        Self { _server: server, clock, redis }
    }

    fn pass(&self, time: Duration) {
        self.clock.advance_ms(u64::try_from(time.as_millis()).unwrap());
    }
}

fn ask(rates: Vec<RateLine>, budgets: Vec<BudgetLine>) -> ReserveRequest {
    let hold = BudgetLevel { tokens: 10, nanodollars: 0 };
    ReserveRequest { tenant: tenant(), call: unique(), rates, budgets, hold, lease: 60 * SECOND, record: Bytes::new() }
}

fn rate(per_minute: u64, burst: u64, amount: u64) -> Vec<RateLine> {
    vec![RateLine { name: "requests".to_owned(), per_minute, burst, amount }]
}

fn day(seed: Option<u64>) -> Vec<BudgetLine> {
    let seed = seed.map(|tokens| BudgetLevel { tokens, nanodollars: 0 });
    vec![BudgetLine { name: "day".to_owned(), tokens_max: Some(100), nanodollars_max: None, ends_in: DAY, seed }]
}

/// Asks for `amount`: what remains and until all is back, or what to wait.
async fn take(meter: &RedisMeter, request: &ReserveRequest, amount: u64) -> Result<(u64, Duration), Option<Duration>> {
    let mut request = ReserveRequest { call: unique(), ..request.clone() };
    request.rates[0].amount = amount;
    match meter.reserve(&request).await.unwrap() {
        Reserved::Granted { rates, .. } => Ok((rates[0].remaining, rates[0].reset)),
        Reserved::Refused(Refusal::Rate { retry_after, .. }) => Err(retry_after),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_rate_is_exact() {
    let world = World::new().await;
    let (meter, request) = (RedisMeter::new(world.redis.clone()), ask(rate(60, 3, 1), vec![]));
    assert_eq!(take(&meter, &request, 1).await, Ok((2, SECOND)));
    assert_eq!(take(&meter, &request, 2).await, Ok((0, 3 * SECOND)));
    assert_eq!(take(&meter, &request, 1).await, Err(Some(SECOND)));
    assert_eq!(take(&meter, &request, 3).await, Err(Some(3 * SECOND)));
    assert_eq!(take(&meter, &request, 4).await, Err(None));
    world.pass(Duration::from_millis(999));
    assert_eq!(take(&meter, &request, 1).await, Err(Some(Duration::from_millis(1))));
    world.pass(Duration::from_millis(1));
    assert_eq!(take(&meter, &request, 1).await, Ok((0, 3 * SECOND)), "granted to the millisecond");
    world.pass(Duration::from_millis(2_500));
    assert_eq!(take(&meter, &request, 0).await, Ok((2, Duration::from_millis(500))), "half of one is not yet one");
    assert_eq!(take(&meter, &request, 2).await, Ok((0, Duration::from_millis(2_500))));
    // Long unused, no more than the burst.
    world.pass(DAY);
    assert_eq!(take(&meter, &request, 3).await, Ok((0, 3 * SECOND)));
    assert_eq!(take(&meter, &request, 1).await, Err(Some(SECOND)));
}

#[tokio::test]
async fn a_rate_over_hours_is_what_it_says() {
    let world = World::new().await;
    let meter = RedisMeter::new(world.redis.clone());
    // 7 a minute is one in 8.571428... s; whoever asks all the time gets 7 a minute and not one more or less.
    let request = ask(rate(7, 7, 1), vec![]);
    for granted in 1..=7 {
        assert_eq!(take(&meter, &request, 1).await.unwrap().0, 7 - granted);
    }
    let mut granted = 0;
    for _ in 0..600 {
        world.pass(SECOND);
        granted += u32::from(take(&meter, &request, 1).await.is_ok());
    }
    assert_eq!(granted, 70, "in ten minutes");
}

#[tokio::test]
async fn parts_of_a_microsecond_add_up() {
    let world = World::new().await;
    let (meter, request) = (RedisMeter::new(world.redis.clone()), ask(rate(1_000_000_000, 100, 1), vec![]));
    for granted in 1..=100 {
        assert_eq!(take(&meter, &request, 1).await.unwrap().0, 100 - granted);
    }
    assert_eq!(take(&meter, &request, 1).await, Err(Some(Duration::from_micros(1))), "0.06, rounded up");
}

#[tokio::test]
async fn a_budget_lives_a_day_longer_than_its_period() {
    let world = World::new().await;
    let (meter, request) = (RedisMeter::new(world.redis.clone()), ask(vec![], day(Some(5))));
    assert!(matches!(meter.reserve(&request).await.unwrap(), Reserved::Granted { .. }));
    world.pass(2 * DAY - SECOND);
    let level = |tokens| vec![Some(BudgetLevel { tokens, nanodollars: 0 })];
    assert_eq!(meter.levels(&request.tenant, &["day".to_owned()]).await.unwrap(), level(15));
    world.pass(SECOND);
    assert_eq!(meter.levels(&request.tenant, &["day".to_owned()]).await.unwrap(), [None]);
    // The call was open all the while, and its hold was in the counter that went: the one that came after it never had
    // it, and is told only what was used.
    let next = ReserveRequest { call: unique(), budgets: day(None), ..request.clone() };
    assert_eq!(meter.reserve(&next).await.unwrap(), Reserved::Unseeded(vec!["day".to_owned()]));
    let next = ReserveRequest { budgets: day(Some(20)), ..next };
    assert!(matches!(meter.reserve(&next).await.unwrap(), Reserved::Granted { .. }));
    let used = BudgetLevel { tokens: 3, nanodollars: 0 };
    let settlement = Settlement { tenant: request.tenant.clone(), call: request.call, used, rates: vec![] };
    let expected = BudgetLevel { tokens: 33, nanodollars: 0 };
    assert_eq!(meter.settle(&settlement).await.unwrap(), [("day".to_owned(), expected)]);
}

#[tokio::test]
async fn an_abandoned_call_is_given_again_after_a_minute() {
    let world = World::new().await;
    let (meter, request) = (RedisMeter::new(world.redis.clone()), ask(vec![], day(Some(0))));
    let tenant = &request.tenant;
    meter.reserve(&request).await.unwrap();
    let count = async || meter.reclaim(tenant, 10).await.unwrap().len();
    world.pass(60 * SECOND - Duration::from_millis(2));
    assert_eq!(count().await, 0, "its lease runs");
    world.pass(Duration::from_millis(2));
    assert_eq!(count().await, 1);
    world.pass(59 * SECOND);
    assert_eq!(count().await, 0, "somebody is at it");
    world.pass(SECOND);
    assert_eq!(count().await, 1, "who died");
    assert!(matches!(meter.reserve(&request).await.unwrap(), Reserved::Granted { .. }));
    let level = [Some(BudgetLevel { tokens: 10, nanodollars: 0 })];
    assert_eq!(meter.levels(tenant, &["day".to_owned()]).await.unwrap(), level, "charged once");
    meter.reclaimed(tenant, &[request.call]).await.unwrap();
    world.pass(60 * SECOND);
    assert_eq!(count().await, 0, "done");

    // One that nobody ever asks for is forgotten, and its tenant with it.
    let lost = ReserveRequest { call: unique(), ..request.clone() };
    meter.reserve(&lost).await.unwrap();
    assert_eq!(meter.tenants().await.unwrap(), std::slice::from_ref(tenant));
    world.pass(9 * DAY);
    assert_eq!(count().await, 0);
    assert_eq!(meter.tenants().await.unwrap(), []);
    let keys: Vec<String> = keys(&world).await;
    assert!(keys.is_empty(), "nothing stays for ever: {keys:?}");
}

async fn keys(world: &World) -> Vec<String> {
    let mut connection = engine::connection(&world._server.url()).await;
    redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap()
}

#[tokio::test]
async fn a_breaker_doubles_and_forgets() {
    let world = World::new().await;
    let rule = BreakerRule::default();
    let breakers = RedisBreakers::new(world.redis.clone(), rule);
    let target = TargetId { provider: "openai".to_owned(), model: "gpt-4.1".to_owned(), tenant: None };
    let bad = Sample::failed(&ProviderFault::new(FaultClass::Server, "test"));
    let view = async || breakers.view(std::slice::from_ref(&target)).await.unwrap().remove(0);
    for _ in 0..5 {
        breakers.record(&target, &bad).await.unwrap();
    }
    for seconds in [5, 10, 20, 40, 60, 60] {
        assert_eq!(view().await.open_for, Some(seconds * SECOND));
        world.pass(seconds * SECOND - Duration::from_millis(1));
        assert_eq!(view().await.phase, Phase::Open);
        assert!(!breakers.probe(&target, 10 * SECOND).await.unwrap());
        world.pass(Duration::from_millis(1));
        assert_eq!(view().await.phase, Phase::HalfOpen);
        assert!(breakers.probe(&target, 10 * SECOND).await.unwrap());
        world.pass(9 * SECOND);
        assert!(!breakers.probe(&target, 10 * SECOND).await.unwrap());
        breakers.record(&target, &bad).await.unwrap();
    }
    world.pass(60 * SECOND);
    assert!(breakers.probe(&target, 10 * SECOND).await.unwrap());
    world.pass(10 * SECOND);
    breakers.record(&target, &Sample::answered(SECOND)).await.unwrap();
    assert_eq!(view().await.phase, Phase::HalfOpen, "the probe reported too late: a straggler");
    assert!(breakers.probe(&target, 10 * SECOND).await.unwrap());
    breakers.record(&target, &Sample::answered(SECOND)).await.unwrap();
    assert_eq!(view().await.phase, Phase::Closed);
    for _ in 0..5 {
        breakers.record(&target, &bad).await.unwrap();
    }
    assert_eq!(view().await.open_for, Some(5 * SECOND), "counted and doubled from the beginning again");

    // Not forgotten while it is open, and an hour after it is.
    breakers.hold_open(&target, 2 * DAY).await.unwrap();
    world.pass(2 * DAY - SECOND);
    assert_eq!(view().await.open_for, Some(SECOND));
    world.pass(Duration::from_secs(3600));
    assert_eq!(view().await.phase, Phase::HalfOpen);
    world.pass(SECOND);
    assert_eq!((view().await.phase, view().await.latency), (Phase::Closed, None));
    assert!(keys(&world).await.is_empty());
}

#[tokio::test]
async fn the_window_of_a_breaker_is_between_half_of_it_and_all() {
    let world = World::new().await;
    let rule = BreakerRule { calls_min: 1_000, ..BreakerRule::default() };
    let breakers = RedisBreakers::new(world.redis.clone(), rule);
    let target = TargetId { provider: "openai".to_owned(), model: "gpt-4.1".to_owned(), tenant: None };
    let calls = async || breakers.view(std::slice::from_ref(&target)).await.unwrap()[0].calls;
    // To the beginning of a half of 15 s.
    world.pass(Duration::from_millis(15_000 - BEGINNING_MS % 15_000));
    for _ in 0..4 {
        breakers.record(&target, &Sample::answered(SECOND)).await.unwrap();
    }
    world.pass(15 * SECOND);
    for _ in 0..3 {
        breakers.record(&target, &Sample::answered(SECOND)).await.unwrap();
    }
    assert_eq!(calls().await, 7);
    world.pass(Duration::from_millis(14_999));
    assert_eq!(calls().await, 7);
    world.pass(Duration::from_millis(1));
    assert_eq!(calls().await, 3);
    breakers.record(&target, &Sample::answered(SECOND)).await.unwrap();
    assert_eq!(calls().await, 4);
    world.pass(30 * SECOND);
    assert_eq!(calls().await, 0);
    breakers.record(&target, &Sample::answered(SECOND)).await.unwrap();
    assert_eq!(calls().await, 1);
}
