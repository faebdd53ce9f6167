//! Rates. Where a case may not take longer than something, that is a minute.

use super::ask::{MINUTE, NOTHING, another, ask, granted, rate, refused, settlement};
use crate::build::tenant;
use octavo_domain_ai::ports::{BudgetLine, Meter, Refusal, Settlement};
use octavo_domain_kernel::PortErrorKind;
use std::time::{Duration, Instant};

/// A store's clock may be this coarse.
const GRAIN: Duration = Duration::from_millis(2);

/// `seen` is what is left of `whole` after at most the time since `began`.
fn left_of(whole: Duration, seen: Duration, began: Instant) -> bool {
    seen <= whole && seen + began.elapsed() + GRAIN >= whole
}

pub(super) async fn taken_and_refused(first: &impl Meter, second: &impl Meter) {
    let (tenant, began) = (tenant(), Instant::now());
    // One a minute: nothing comes back while this runs.
    let one = ask(&tenant, vec![rate("requests", 1, 4, 1)], vec![], 0);
    let (rates, budgets) = granted(first, &one).await;
    assert!(budgets.is_empty());
    assert_eq!((rates[0].name.as_str(), rates[0].limit, rates[0].remaining), ("requests", 4, 3));
    assert!(left_of(MINUTE, rates[0].reset, began), "{rates:?}");

    let three = ask(&tenant, vec![rate("requests", 1, 4, 3)], vec![], 0);
    let (rates, _) = granted(second, &three).await;
    assert_eq!(rates[0].remaining, 0, "the burst may come at once");
    assert!(left_of(MINUTE * 4, rates[0].reset, began), "{rates:?}");

    for (amount, wait) in [(1, MINUTE), (3, MINUTE * 3)] {
        let more = ask(&tenant, vec![rate("requests", 1, 4, amount)], vec![], 0);
        let Refusal::Rate { left, retry_after } = refused(second, &more).await else { panic!("a rate refuses") };
        assert_eq!((left.remaining, left.limit), (0, 4));
        assert!(left_of(MINUTE * 4, left.reset, began), "a refusal takes nothing: {left:?}");
        assert!(left_of(wait, retry_after.unwrap(), began), "{retry_after:?}");
    }
    let ever = ask(&tenant, vec![rate("requests", 1, 4, 5)], vec![], 0);
    let Refusal::Rate { retry_after, .. } = refused(second, &ever).await else { panic!("a rate refuses") };
    assert_eq!(retry_after, None, "more than the burst: it never helps to wait");

    for wrong in [rate("r", 0, 1, 1), rate("r", 1, 0, 1), rate("", 1, 1, 1)] {
        let error = first.reserve(&ask(&tenant, vec![wrong], vec![], 0)).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Corrupt);
    }
    let twice = ask(&tenant, vec![rate("r", 1, 1, 1), rate("r", 1, 1, 1)], vec![], 0);
    assert_eq!(first.reserve(&twice).await.unwrap_err().kind, PortErrorKind::Corrupt, "a name twice");
}

pub(super) async fn nothing_is_rounded(meter: &impl Meter) {
    // A unit takes no whole number of anything: 60 s / 7.
    let (seven, began) = (ask(&tenant(), vec![rate("requests", 7, 7, 1)], vec![], 0), Instant::now());
    for taken in 1..=7 {
        let (rates, _) = granted(meter, &another(&seven)).await;
        assert!(rates[0].remaining >= 7 - taken);
    }
    let unit = MINUTE / 7;
    match refused(meter, &another(&seven)).await {
        Refusal::Rate { retry_after, .. } => {
            let wait = retry_after.unwrap();
            assert!(wait <= unit + Duration::from_micros(1) && wait + began.elapsed() + GRAIN >= unit, "{wait:?}");
        }
        other => panic!("{other:?}"),
    }
    // Many units a microsecond.
    let many = ask(&tenant(), vec![rate("tokens", 1_000_000_000, 1_000_000_000, 1_000_000_000)], vec![], 0);
    assert!(granted(meter, &many).await.0[0].reset <= MINUTE);
    let Refusal::Rate { retry_after, .. } = refused(meter, &another(&many)).await else { panic!("a rate refuses") };
    assert!(retry_after.unwrap() <= MINUTE);
}

pub(super) async fn granted_after_the_wait(meter: &impl Meter) {
    let one = ask(&tenant(), vec![rate("requests", 300, 1, 1)], vec![], 0);
    granted(meter, &one).await;
    // On a slow machine the 200 ms may have passed before it is asked; then it is granted, and asked again.
    for _ in 0..50 {
        if let octavo_domain_ai::ports::Reserved::Refused(refusal) = meter.reserve(&another(&one)).await.unwrap() {
            let Refusal::Rate { retry_after, .. } = refusal else { panic!("a rate refuses") };
            let wait = retry_after.unwrap();
            assert!(wait <= Duration::from_millis(200), "{wait:?}");
            tokio::time::sleep(wait + GRAIN).await;
            granted(meter, &another(&one)).await;
            return;
        }
    }
    panic!("a rate that refuses nothing");
}

pub(super) async fn all_or_nothing(meter: &impl Meter) {
    let tenant = tenant();
    let rates = |wide: u64, narrow: u64| vec![rate("wide", 1, 10, wide), rate("narrow", 1, 2, narrow)];
    granted(meter, &ask(&tenant, rates(1, 2), vec![], 0)).await;
    let Refusal::Rate { left, .. } = refused(meter, &ask(&tenant, rates(1, 1), vec![], 0)).await else {
        panic!("a rate refuses")
    };
    assert_eq!(left.name, "narrow");
    let (seen, _) = granted(meter, &ask(&tenant, vec![rate("wide", 1, 10, 0)], vec![], 0)).await;
    assert_eq!(seen[0].remaining, 9, "nothing was taken from the one that had room");

    // The longest wait is told, and what never helps first of all.
    granted(meter, &ask(&tenant, vec![rate("wide", 1, 10, 9)], vec![], 0)).await;
    let Refusal::Rate { left, .. } = refused(meter, &ask(&tenant, rates(5, 1), vec![], 0)).await else {
        panic!("a rate refuses")
    };
    assert_eq!(left.name, "wide");
    let Refusal::Rate { left, retry_after } = refused(meter, &ask(&tenant, rates(5, 3), vec![], 0)).await else {
        panic!("a rate refuses")
    };
    assert_eq!((left.name.as_str(), retry_after), ("narrow", None));

    // A budget that refuses leaves the rates as they were.
    let full = BudgetLine { tokens_max: Some(0), ..super::ask::budget("full", 0) };
    let both = ask(&tenant, vec![rate("other", 1, 5, 5)], vec![full], 1);
    assert!(matches!(refused(meter, &both).await, Refusal::Budget { .. }));
    let (seen, _) = granted(meter, &ask(&tenant, vec![rate("other", 1, 5, 5)], vec![], 0)).await;
    assert_eq!(seen[0].remaining, 0);
}

pub(super) async fn more_was_used(meter: &impl Meter) {
    let (tenant, began) = (tenant(), Instant::now());
    let call = ask(&tenant, vec![rate("tokens", 1, 10, 4)], vec![], 0);
    granted(meter, &call).await;
    // 21 more than were reserved: nobody is asked, they were used.
    let settled = Settlement { rates: vec![rate("tokens", 1, 10, 21)], ..settlement(&call, NOTHING) };
    assert_eq!(meter.settle(&settled).await.unwrap(), []);
    let one = ask(&tenant, vec![rate("tokens", 1, 10, 1)], vec![], 0);
    let Refusal::Rate { left, retry_after } = refused(meter, &one).await else { panic!("a rate refuses") };
    assert_eq!(left.remaining, 0);
    assert!(left_of(MINUTE * 25, left.reset, began), "{left:?}");
    assert!(left_of(MINUTE * 16, retry_after.unwrap(), began), "{retry_after:?}");
    assert_eq!(meter.settle(&settled).await.unwrap(), []);
    let Refusal::Rate { left, .. } = refused(meter, &one).await else { panic!("a rate refuses") };
    assert!(left.reset <= MINUTE * 25, "settled twice: nothing more is taken");
}

pub(super) async fn apart(meter: &impl Meter) {
    let (mine, theirs) = (tenant(), tenant());
    for (tenant, name) in [(&mine, "requests"), (&theirs, "requests"), (&mine, "requests:key:{a}"), (&mine, "tokens:é")]
    {
        let (rates, _) = granted(meter, &ask(tenant, vec![rate(name, 1, 1, 1)], vec![], 0)).await;
        assert_eq!((rates[0].name.as_str(), rates[0].remaining), (name, 0));
    }
}
