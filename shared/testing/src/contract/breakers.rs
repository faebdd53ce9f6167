//! The contract of [`Breakers`], by the rule of [`BreakerRule`]'s documentation.

use super::eventually::eventually;
use crate::build::tenant;
use crate::ids::unique;
use futures::future::join_all;
use octavo_domain_ai::models::TargetId;
use octavo_domain_ai::ports::{BreakerView, Breakers, Sample};
use octavo_domain_ai::routing::{BreakerRule, COOL_DOWN_MAX, Phase};
use octavo_domain_ai::{FaultClass, ProviderFault};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// Is over soon.
const BRIEF: Duration = Duration::from_millis(40);

/// A store's clock may be this coarse.
const GRAIN: Duration = Duration::from_millis(2);

/// Nothing is over by itself while a case runs.
const SLOW_RULE: BreakerRule = BreakerRule {
    window: HOUR,
    calls_min: 5,
    failed_percent: 50,
    slow_percent: 80,
    slow_after: Duration::from_secs(2),
    open_for: MINUTE,
    open_for_max: Duration::from_secs(600),
};
/// Half-open soon, and again after each failed probe.
const QUICK_RULE: BreakerRule = BreakerRule { open_for: BRIEF, open_for_max: Duration::from_millis(100), ..SLOW_RULE };

/// Judges breakers. `make` gives a handle that goes by the rule; all handles are on the same store.
pub async fn breakers<B: Breakers, F: Future<Output = B>>(make: impl Fn(BreakerRule) -> F) {
    let (slow, quick) = (make(SLOW_RULE).await, make(QUICK_RULE).await);
    unknown_is_closed(&slow).await;
    opens_by_the_share_of_failures(&slow, &make(SLOW_RULE).await).await;
    opens_by_the_share_of_slow_calls(&slow).await;
    a_cool_down_opens_at_once(&slow).await;
    some_classes_open_for_long(&slow).await;
    the_window_slides(&make(BreakerRule { window: BRIEF * 5, ..SLOW_RULE }).await).await;
    one_probe_among_many(&quick, &make(QUICK_RULE).await).await;
    a_good_probe_closes(&quick).await;
    a_bad_probe_opens_for_longer(&quick).await;
    by_a_persons_order(&slow).await;
    targets_are_apart(&slow).await;
}

fn target() -> TargetId {
    TargetId { provider: "openai".to_owned(), model: format!("gpt-{}", unique().simple()), tenant: None }
}

fn good() -> Sample {
    Sample::answered(Duration::from_millis(100))
}

fn bad(class: FaultClass) -> Sample {
    Sample::failed(&ProviderFault::new(class, "test"))
}

fn wait_for(class: FaultClass, wait: Duration) -> Sample {
    Sample { cool_down: Some(wait), ..bad(class) }
}

async fn record(breakers: &impl Breakers, target: &TargetId, samples: impl IntoIterator<Item = Sample>) {
    for sample in samples {
        breakers.record(target, &sample).await.unwrap();
    }
}

async fn view(breakers: &impl Breakers, target: &TargetId) -> BreakerView {
    let mut views = breakers.view(std::slice::from_ref(target)).await.unwrap();
    assert_eq!(views.len(), 1);
    views.remove(0)
}

async fn phase(breakers: &impl Breakers, target: &TargetId) -> Phase {
    view(breakers, target).await.phase
}

async fn half_open(breakers: &impl Breakers, target: &TargetId) {
    eventually("half-open", async || phase(breakers, target).await == Phase::HalfOpen).await;
}

/// Does something that opens the breaker, and sees that it is open for `length`, without a view of the clock.
async fn opens_for(breakers: &impl Breakers, target: &TargetId, length: Duration, act: impl Future<Output = ()>) {
    let began = Instant::now();
    act.await;
    let left = view(breakers, target).await.open_for.unwrap_or_default();
    assert!(left <= length, "{left:?} of {length:?}");
    let passed = began.elapsed();
    assert!(left + passed + GRAIN >= length, "{left:?} of {length:?} after {passed:?}");
}

async fn unknown_is_closed(breakers: &impl Breakers) {
    assert_eq!(breakers.view(&[]).await.unwrap(), []);
    let targets = [target(), target(), target()];
    record(breakers, &targets[1], [good()]).await;
    let views = breakers.view(&targets).await.unwrap();
    assert_eq!(views.iter().map(|view| &view.target).collect::<Vec<_>>(), targets.iter().collect::<Vec<_>>());
    assert_eq!(views.iter().map(|view| view.calls).collect::<Vec<_>>(), [0, 1, 0], "in the order asked for");
    let unknown = BreakerView {
        target: targets[0].clone(),
        phase: Phase::Closed,
        open_for: None,
        latency: None,
        calls: 0,
        failures: 0,
        slow: 0,
        last_failure: None,
    };
    assert_eq!(views[0], unknown);
    for _ in 0..2 {
        assert!(breakers.probe(&targets[0], MINUTE).await.unwrap(), "closed: everybody may call");
    }
}

async fn opens_by_the_share_of_failures(breakers: &impl Breakers, other: &impl Breakers) {
    let at = target();
    record(breakers, &at, [(); 4].map(|()| bad(FaultClass::Server))).await;
    assert_eq!(phase(other, &at).await, Phase::Closed, "too few calls to judge by");
    opens_for(other, &at, SLOW_RULE.open_for, record(breakers, &at, [good()])).await;
    let seen = view(other, &at).await;
    assert_eq!((seen.phase, seen.calls, seen.failures, seen.slow), (Phase::Open, 5, 4, 0));
    assert_eq!(seen.last_failure.as_deref(), Some("server"));
    assert_eq!(seen.latency, Some(Duration::from_millis(100)));
    assert!(!other.probe(&at, MINUTE).await.unwrap(), "open: nobody may call");
    record(breakers, &at, [good(), bad(FaultClass::Timeout)]).await;
    let seen = view(other, &at).await;
    assert_eq!((seen.phase, seen.calls), (Phase::Open, 5), "stragglers are not counted");

    let at = target();
    record(breakers, &at, [(); 5].map(|()| good())).await;
    record(breakers, &at, [(); 4].map(|()| bad(FaultClass::Network))).await;
    assert_eq!(phase(other, &at).await, Phase::Closed, "4 of 9 is less than half");
    record(breakers, &at, [bad(FaultClass::InvalidRequest), bad(FaultClass::TooLarge)]).await;
    let seen = view(other, &at).await;
    assert_eq!((seen.calls, seen.failures), (11, 4), "a wrong request says nothing against the target");
    assert_eq!(seen.last_failure.as_deref(), Some("network"));
    record(breakers, &at, [(); 3].map(|()| bad(FaultClass::Protocol))).await;
    assert_eq!(phase(other, &at).await, Phase::Open, "7 of 14 is half");

    // Many at once: each is counted.
    let at = target();
    join_all((0..40).map(|_| record(breakers, &at, [good()]))).await;
    assert_eq!(view(other, &at).await.calls, 40);
}

async fn opens_by_the_share_of_slow_calls(breakers: &impl Breakers) {
    let at = target();
    let slow = || Sample::answered(SLOW_RULE.slow_after + Duration::from_millis(1));
    record(breakers, &at, [Sample::answered(SLOW_RULE.slow_after), good()]).await;
    record(breakers, &at, [(); 7].map(|()| slow())).await;
    let seen = view(breakers, &at).await;
    assert_eq!((seen.phase, seen.calls, seen.slow), (Phase::Closed, 9, 7), "7 of 9 is less than 80%");
    record(breakers, &at, [slow()]).await;
    let seen = view(breakers, &at).await;
    assert_eq!((seen.phase, seen.failures, seen.slow), (Phase::Open, 0, 8));
    assert_eq!(seen.last_failure, None);

    // The mean of the times to the first piece: a fifth of the newest, four fifths of what was.
    let at = target();
    record(breakers, &at, [100, 200].map(|millis| Sample::answered(Duration::from_millis(millis)))).await;
    assert_eq!(view(breakers, &at).await.latency, Some(Duration::from_millis(120)));
    record(breakers, &at, [bad(FaultClass::Server)]).await;
    assert_eq!(view(breakers, &at).await.latency, Some(Duration::from_millis(120)), "there was no piece");
}

async fn a_cool_down_opens_at_once(breakers: &impl Breakers) {
    let at = target();
    record(breakers, &at, [wait_for(FaultClass::Server, MINUTE)]).await;
    assert_eq!(phase(breakers, &at).await, Phase::Closed, "only who is asked too much is left alone");
    let wait = MINUTE * 2;
    opens_for(breakers, &at, wait, record(breakers, &at, [wait_for(FaultClass::RateLimited, wait)])).await;
    let began = Instant::now();
    record(breakers, &at, [wait_for(FaultClass::Overloaded, MINUTE)]).await;
    let left = view(breakers, &at).await.open_for.unwrap();
    assert!(left > MINUTE || began.elapsed() > MINUTE / 2, "never shortened: {left:?}");
    let wait = MINUTE * 3;
    opens_for(breakers, &at, wait, record(breakers, &at, [wait_for(FaultClass::Overloaded, wait)])).await;
    let wait = COOL_DOWN_MAX;
    opens_for(breakers, &at, wait, record(breakers, &at, [wait_for(FaultClass::RateLimited, wait * 2)])).await;
}

async fn some_classes_open_for_long(breakers: &impl Breakers) {
    for class in [FaultClass::Authentication, FaultClass::Permission, FaultClass::Quota] {
        let at = target();
        record(breakers, &at, [(); 20].map(|()| good())).await;
        opens_for(breakers, &at, SLOW_RULE.open_for_max, record(breakers, &at, [bad(class)])).await;
        assert_eq!(view(breakers, &at).await.last_failure.as_deref(), Some(class.as_str()));
    }
}

async fn the_window_slides(breakers: &impl Breakers) {
    let at = target();
    record(breakers, &at, [(); 4].map(|()| bad(FaultClass::Server))).await;
    eventually("calls leave the window", async || view(breakers, &at).await.calls == 0).await;
    record(breakers, &at, [bad(FaultClass::Server)]).await;
    let seen = view(breakers, &at).await;
    assert_eq!(seen.phase, Phase::Closed, "what has left the window does not count");
    assert!(seen.calls <= 1);
}

async fn one_probe_among_many(breakers: &impl Breakers, other: &impl Breakers) {
    let at = target();
    record(breakers, &at, [(); 5].map(|()| bad(FaultClass::Server))).await;
    half_open(breakers, &at).await;
    record(breakers, &at, [good(), bad(FaultClass::Server)]).await;
    assert_eq!(phase(breakers, &at).await, Phase::HalfOpen, "no probe is under way: those are stragglers");
    let asked = join_all((0..50).map(|asker| {
        let (at, first) = (&at, asker % 2 == 0);
        async move {
            let asked = if first { breakers.probe(at, MINUTE).await } else { other.probe(at, MINUTE).await };
            asked.unwrap()
        }
    }));
    assert_eq!(asked.await.into_iter().filter(|may| *may).count(), 1);
    assert_eq!(phase(breakers, &at).await, Phase::HalfOpen);

    // A probe that never reports frees itself.
    let at = target();
    record(breakers, &at, [(); 5].map(|()| bad(FaultClass::Server))).await;
    half_open(breakers, &at).await;
    assert!(breakers.probe(&at, BRIEF).await.unwrap());
    eventually("the probe's lease ends", async || other.probe(&at, MINUTE).await.unwrap()).await;
}

/// Open, then half-open, then with a probe under way.
async fn probed(breakers: &impl Breakers) -> TargetId {
    let at = target();
    record(breakers, &at, [(); 5].map(|()| bad(FaultClass::Server))).await;
    half_open(breakers, &at).await;
    assert!(breakers.probe(&at, MINUTE).await.unwrap());
    at
}

async fn a_good_probe_closes(breakers: &impl Breakers) {
    for sample in [good(), bad(FaultClass::InvalidRequest)] {
        let at = probed(breakers).await;
        record(breakers, &at, [sample]).await;
        let seen = view(breakers, &at).await;
        assert_eq!((seen.phase, seen.calls, seen.failures), (Phase::Closed, 0, 0), "counted anew");
        assert_eq!(seen.last_failure.as_deref(), Some("server"), "for people to see");
        assert!(breakers.probe(&at, MINUTE).await.unwrap() && breakers.probe(&at, MINUTE).await.unwrap());
        record(breakers, &at, [(); 4].map(|()| bad(FaultClass::Server))).await;
        assert_eq!(phase(breakers, &at).await, Phase::Closed, "4 are too few again");
        let opening = record(breakers, &at, [bad(FaultClass::Server)]);
        opens_for(breakers, &at, QUICK_RULE.open_for, opening).await;
    }
}

async fn a_bad_probe_opens_for_longer(breakers: &impl Breakers) {
    let at = probed(breakers).await;
    for length in [QUICK_RULE.open_for * 2, QUICK_RULE.open_for_max, QUICK_RULE.open_for_max] {
        opens_for(breakers, &at, length, record(breakers, &at, [bad(FaultClass::Timeout)])).await;
        half_open(breakers, &at).await;
        assert!(breakers.probe(&at, MINUTE).await.unwrap(), "the one before is over");
    }
    // A slow one is not good either, and a cool-down holds where it is longer.
    let at = probed(breakers).await;
    let slow = Sample::answered(QUICK_RULE.slow_after * 2);
    opens_for(breakers, &at, QUICK_RULE.open_for * 2, record(breakers, &at, [slow])).await;
    let at = probed(breakers).await;
    opens_for(breakers, &at, MINUTE, record(breakers, &at, [wait_for(FaultClass::RateLimited, MINUTE)])).await;
    let at = probed(breakers).await;
    let quota = record(breakers, &at, [bad(FaultClass::Quota)]);
    opens_for(breakers, &at, QUICK_RULE.open_for_max, quota).await;
}

async fn by_a_persons_order(breakers: &impl Breakers) {
    let at = target();
    opens_for(breakers, &at, HOUR, async { breakers.hold_open(&at, HOUR).await.unwrap() }).await;
    assert!(!breakers.probe(&at, MINUTE).await.unwrap());
    opens_for(breakers, &at, MINUTE, async { breakers.hold_open(&at, MINUTE).await.unwrap() }).await;
    breakers.reset(&at).await.unwrap();
    let seen = view(breakers, &at).await;
    assert_eq!((seen.phase, seen.calls, seen.open_for), (Phase::Closed, 0, None));
    assert!(breakers.probe(&at, MINUTE).await.unwrap());
    breakers.reset(&target()).await.expect("resetting what is not known is no error");

    breakers.hold_open(&at, BRIEF).await.unwrap();
    half_open(breakers, &at).await;
    assert!(breakers.probe(&at, MINUTE).await.unwrap());
    record(breakers, &at, [good()]).await;
    assert_eq!(phase(breakers, &at).await, Phase::Closed, "a probe closes what a person opened");
}

async fn targets_are_apart(breakers: &impl Breakers) {
    let all = target();
    let own = TargetId { tenant: Some(tenant()), ..all.clone() };
    let elsewhere = TargetId { provider: "azure".to_owned(), ..all.clone() };
    breakers.hold_open(&own, HOUR).await.unwrap();
    let views = breakers.view(&[all, own, elsewhere]).await.unwrap();
    let phases: Vec<Phase> = views.iter().map(|view| view.phase).collect();
    assert_eq!(phases, [Phase::Closed, Phase::Open, Phase::Closed], "what a tenant's key suffers is its own matter");
}
