//! The breaker's promises.

use super::*;
use proptest::prelude::*;

const LEASE: Duration = Duration::from_secs(30);

fn at(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn good() -> Sample {
    Sample::answered(Duration::from_millis(100))
}

fn bad(class: &'static str, cool_down: Option<u64>) -> Sample {
    Sample { failed: true, first_token: None, cool_down: cool_down.map(Duration::from_secs), class: Some(class) }
}

fn breaker() -> LocalBreaker {
    LocalBreaker::new(BreakerRule::default())
}

fn record(breaker: &mut LocalBreaker, now: f64, sample: &Sample, times: usize) {
    for _ in 0..times {
        breaker.record(at(now), sample);
    }
}

#[test]
fn it_opens_at_half_failed_and_not_before_five_calls() {
    let mut one = breaker();
    record(&mut one, 1.0, &bad("server", None), 4);
    assert_eq!(one.phase(at(1.0)), Phase::Closed);
    let mut one = breaker();
    record(&mut one, 1.0, &good(), 5);
    record(&mut one, 1.0, &bad("server", None), 4);
    assert_eq!(one.phase(at(1.0)), Phase::Closed);
    record(&mut one, 1.0, &bad("server", None), 1);
    assert_eq!(one.phase(at(1.0)), Phase::Open);
    assert_eq!(one.phase(at(5.999)), Phase::Open);
    assert_eq!(one.phase(at(6.0)), Phase::HalfOpen);
}

#[test]
fn slow_calls_open_it_as_well() {
    let slow = Sample::answered(Duration::from_secs(21));
    let just = Sample::answered(Duration::from_secs(20));
    let mut one = breaker();
    record(&mut one, 1.0, &just, 10);
    assert_eq!(one.phase(at(1.0)), Phase::Closed);
    record(&mut one, 1.0, &slow, 39);
    assert_eq!(one.phase(at(1.0)), Phase::Closed);
    record(&mut one, 1.0, &slow, 1);
    assert_eq!(one.phase(at(1.0)), Phase::Open);
}

#[test]
fn what_is_a_window_ago_is_forgotten() {
    let mut one = breaker();
    record(&mut one, 14.0, &bad("server", None), 4);
    // The next half: still counted.
    assert_eq!(one.view(at(29.9), target()).failures, 4);
    // The one after: not any more.
    assert_eq!(one.view(at(30.0), target()).failures, 0);
    record(&mut one, 30.0, &bad("server", None), 1);
    assert_eq!(one.phase(at(30.0)), Phase::Closed);
    let mut two = breaker();
    record(&mut two, 14.0, &bad("server", None), 4);
    record(&mut two, 29.0, &bad("server", None), 1);
    assert_eq!(two.phase(at(29.0)), Phase::Open);
}

#[test]
fn one_probe_decides_and_a_failed_one_doubles_the_wait() {
    let mut one = breaker();
    record(&mut one, 0.0, &bad("server", None), 5);
    assert!(!one.probe(at(4.0), LEASE));
    let mut now = 5.0;
    for wait in [10.0, 20.0, 40.0, 60.0, 60.0] {
        assert!(one.probe(at(now), LEASE));
        assert!(!one.probe(at(now), LEASE));
        record(&mut one, now + 1.0, &bad("server", None), 1);
        assert_eq!(one.view(at(now + 1.0), target()).open_for, Some(at(wait)));
        now += 1.0 + wait;
    }
    assert!(one.probe(at(now), LEASE));
    record(&mut one, now, &good(), 1);
    let view = one.view(at(now), target());
    assert_eq!((view.phase, view.calls, view.failures, view.open_for), (Phase::Closed, 0, 0, None));
    // And it begins anew with the shortest wait.
    record(&mut one, now, &bad("server", None), 5);
    assert_eq!(one.view(at(now), target()).open_for, Some(at(5.0)));
}

#[test]
fn a_slow_probe_is_no_good_one_and_a_refused_request_is() {
    let mut one = breaker();
    record(&mut one, 0.0, &bad("server", None), 5);
    assert!(one.probe(at(5.0), LEASE));
    record(&mut one, 30.0, &Sample::answered(Duration::from_secs(25)), 1);
    assert_eq!(one.phase(at(30.0)), Phase::Open);
    assert!(one.probe(at(40.0), LEASE));
    record(
        &mut one,
        40.0,
        &Sample { failed: false, first_token: None, cool_down: None, class: Some("invalid_request") },
        1,
    );
    assert_eq!(one.phase(at(40.0)), Phase::Closed);
}

#[test]
fn a_probe_that_never_reports_frees_itself() {
    let mut one = breaker();
    record(&mut one, 0.0, &bad("server", None), 5);
    assert!(one.probe(at(5.0), LEASE));
    assert!(!one.probe(at(34.9), LEASE));
    // Too late: a straggler, which decides nothing.
    record(&mut one, 35.0, &good(), 1);
    assert_eq!(one.phase(at(35.0)), Phase::HalfOpen);
    assert!(one.probe(at(35.0), LEASE));
}

#[test]
fn a_cool_down_opens_at_once_and_can_be_extended_and_not_shortened() {
    let mut one = breaker();
    record(&mut one, 0.0, &bad("rate_limited", Some(40)), 1);
    assert_eq!(one.view(at(0.0), target()).open_for, Some(at(40.0)));
    record(&mut one, 1.0, &bad("overloaded", Some(10)), 1);
    assert_eq!(one.view(at(1.0), target()).open_for, Some(at(39.0)));
    record(&mut one, 1.0, &bad("overloaded", Some(100_000)), 1);
    assert_eq!(one.view(at(1.0), target()).open_for, Some(COOL_DOWN_MAX));
    // Without one, or with one that a broken server gives, it is a failure like any other.
    let mut two = breaker();
    record(&mut two, 0.0, &bad("rate_limited", None), 1);
    record(&mut two, 0.0, &bad("rate_limited", Some(0)), 1);
    record(&mut two, 0.0, &bad("server", Some(40)), 1);
    assert_eq!(two.phase(at(0.0)), Phase::Closed);
}

#[test]
fn a_key_that_is_not_accepted_opens_it_for_long() {
    for class in ["authentication", "permission", "quota"] {
        let mut one = breaker();
        record(&mut one, 0.0, &bad(class, None), 1);
        assert_eq!(one.view(at(0.0), target()).open_for, Some(at(60.0)), "{class}");
        assert!(one.probe(at(60.0), LEASE));
        record(&mut one, 61.0, &bad(class, None), 1);
        assert_eq!(one.view(at(61.0), target()).open_for, Some(at(60.0)), "{class}");
    }
}

#[test]
fn people_hold_it_open_and_close_it() {
    let mut one = breaker();
    record(&mut one, 0.0, &bad("server", None), 1);
    one.hold_open(at(0.0), Duration::from_secs(600));
    assert_eq!(one.view(at(0.0), target()).open_for, Some(at(600.0)));
    assert_eq!(one.view(at(0.0), target()).last_failure.as_deref(), Some("server"));
    one.reset();
    let view = one.view(at(0.0), target());
    assert_eq!((view.phase, view.calls, view.last_failure), (Phase::Closed, 0, None));
}

#[test]
fn latency_is_a_weighted_mean() {
    let mut one = breaker();
    record(&mut one, 0.0, &Sample::answered(Duration::from_millis(1_000)), 1);
    record(&mut one, 0.0, &bad("server", None), 1);
    record(&mut one, 0.0, &Sample::answered(Duration::from_millis(2_000)), 1);
    assert_eq!(one.view(at(0.0), target()).latency, Some(Duration::from_millis(1_200)));
}

fn target() -> TargetId {
    TargetId { provider: "openai".to_owned(), model: "gpt-4.1".to_owned(), tenant: None }
}

#[derive(Debug, Clone)]
enum Step {
    Wait(u64),
    Probe,
    Record(Sample),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let classes = prop::sample::select(vec!["server", "timeout", "rate_limited", "overloaded", "authentication"]);
    let failed = (classes, prop::option::of(0_u64..100)).prop_map(|(class, wait)| bad(class, wait));
    let sample = prop_oneof![failed, (0_u64..40).prop_map(|secs| Sample::answered(Duration::from_secs(secs)))];
    let step = prop_oneof![(0_u64..40_000).prop_map(Step::Wait), Just(Step::Probe), sample.prop_map(Step::Record),];
    prop::collection::vec(step, 1..120)
}

proptest! {
    #[test]
    fn it_keeps_its_promises_whatever_happens(steps in steps()) {
        let rule = BreakerRule::default();
        let mut one = LocalBreaker::new(rule);
        let mut now = Duration::ZERO;
        // The lease of the probe that nobody has answered for, as an observer sees it.
        let mut leased: Option<Duration> = None;
        let mut since_closed = 0;
        for step in steps {
            let before = one.view(now, target());
            match step {
                Step::Wait(ms) => {
                    now += Duration::from_millis(ms);
                    let after = one.phase(now);
                    // Time alone closes nothing and opens nothing.
                    prop_assert_eq!(before.phase == Phase::Closed, after == Phase::Closed);
                }
                Step::Probe => {
                    let given = one.probe(now, LEASE);
                    match before.phase {
                        Phase::Closed => prop_assert!(given),
                        Phase::Open => prop_assert!(!given),
                        Phase::HalfOpen => {
                            // Never two at once, and always one once the lease is over.
                            prop_assert_eq!(given, leased.is_none_or(|until| now >= until));
                            if given {
                                leased = Some(now + LEASE);
                            }
                        }
                    }
                    prop_assert_eq!(one.phase(now), before.phase);
                }
                Step::Record(sample) => {
                    one.record(now, &sample);
                    let after = one.view(now, target());
                    let barred = sample.class == Some("authentication");
                    let cooled = matches!(sample.class, Some("rate_limited" | "overloaded"))
                        && sample.cool_down.is_some_and(|wait| !wait.is_zero());
                    match (before.phase, after.phase) {
                        (Phase::Closed, Phase::Open) => {
                            prop_assert!(barred || cooled || since_closed + 1 >= rule.calls_min);
                            prop_assert!(sample.failed || sample.first_token > Some(rule.slow_after) || after.failures > 0 || after.slow > 0);
                            leased = None;
                        }
                        (Phase::Open | Phase::HalfOpen, Phase::Closed) => {
                            // Only a good probe closes it.
                            prop_assert!(before.phase == Phase::HalfOpen && leased.is_some_and(|until| now < until));
                            prop_assert!(!sample.failed && sample.first_token <= Some(rule.slow_after));
                            prop_assert_eq!((after.calls, after.failures, after.slow), (0, 0, 0));
                        }
                        (Phase::Open, Phase::Open) => prop_assert!(after.open_for >= before.open_for),
                        (Phase::Open, Phase::HalfOpen) => prop_assert!(false, "a record is no time"),
                        _ => {}
                    }
                    if before.phase == Phase::HalfOpen && after.phase != Phase::HalfOpen {
                        leased = None;
                    }
                    since_closed = if after.phase == Phase::Closed && before.phase == Phase::Closed { since_closed + 1 } else { 0 };
                    if let Some(left) = after.open_for {
                        prop_assert!(left <= COOL_DOWN_MAX);
                    }
                }
            }
        }
    }
}
