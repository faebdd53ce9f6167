//! Budgets.

use super::ask::{MINUTE, NOTHING, another, ask, budget, granted, level, levels, refused, settlement};
use crate::build::tenant;
use bytes::Bytes;
use futures::future::join_all;
use octavo_domain_ai::ports::{BudgetLevel, BudgetLine, Meter, Refusal, ReserveRequest, Reserved};
use octavo_domain_kernel::PortErrorKind;
use std::time::Duration;

/// Up to here a store must be exact.
const EXACT_MAX: u64 = 1 << 53;

pub(super) async fn begun_by_a_seed(first: &impl Meter, second: &impl Meter) {
    let tenant = tenant();
    let unseeded = |name| BudgetLine { seed: None, ..budget(name, 100) };
    let call = ask(&tenant, vec![], vec![unseeded("day"), unseeded("month")], 10);
    let names = |names: &[&str]| Reserved::Unseeded(names.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(first.reserve(&call).await.unwrap(), names(&["day", "month"]));
    assert_eq!(levels(second, &tenant, &["day", "month"]).await, [None, None]);

    let seeded = BudgetLine { seed: Some(level(40)), ..budget("day", 100) };
    let (_, held) = granted(first, &ask(&tenant, vec![], vec![seeded.clone()], 10)).await;
    assert_eq!(held, [level(50)], "what the ledger says, and this call's hold");
    assert_eq!(second.reserve(&call).await.unwrap(), names(&["month"]));
    assert_eq!(levels(second, &tenant, &["month", "day"]).await, [None, Some(level(50))], "nothing was taken");

    // A seed where there is a counter changes nothing.
    let late = BudgetLine { seed: Some(level(7)), ..seeded };
    let month = BudgetLine { seed: Some(level(20)), ..budget("month", 100) };
    let (_, held) = granted(second, &ask(&tenant, vec![], vec![late, month], 10)).await;
    assert_eq!(held, [level(60), level(30)]);
    let (_, held) = granted(first, &call).await;
    assert_eq!(held, [level(70), level(40)], "as they were asked for, in that order");

    // Another tenant's budgets are others.
    assert_eq!(levels(first, &crate::build::tenant(), &["day"]).await, [None]);
    assert_eq!(first.levels(&tenant, &[]).await.unwrap(), []);
}

pub(super) async fn one_seed_counts(first: &impl Meter, second: &impl Meter) {
    let tenant = tenant();
    let asked = join_all((0..20).map(|asker| {
        let seed = Some(level(1_000));
        let call = ask(&tenant, vec![], vec![BudgetLine { seed, ..budget("day", 10_000) }], 1);
        async move { if asker % 2 == 0 { granted(first, &call).await } else { granted(second, &call).await } }
    }));
    let mut seen: Vec<u64> = asked.await.into_iter().map(|(_, levels)| levels[0].tokens).collect();
    seen.sort_unstable();
    assert_eq!(seen, (1_001..=1_020).collect::<Vec<_>>());
}

pub(super) async fn as_much_as_there_is_room(meter: &impl Meter) {
    let tenant = tenant();
    let day = || vec![budget("day", 100)];
    assert_eq!(granted(meter, &ask(&tenant, vec![], day(), 60)).await.1, [level(60)]);
    let full = |tokens| Refusal::Budget { name: "day".to_owned(), level: level(tokens) };
    assert_eq!(refused(meter, &ask(&tenant, vec![], day(), 41)).await, full(60), "it would be over");
    assert_eq!(granted(meter, &ask(&tenant, vec![], day(), 40)).await.1, [level(100)], "to the last");
    assert_eq!(refused(meter, &ask(&tenant, vec![], day(), 1)).await, full(100));
    assert_eq!(refused(meter, &ask(&tenant, vec![], day(), 0)).await, full(100), "used up");

    // Money, and what is not limited: counted all the same.
    let money = || BudgetLine { tokens_max: None, nanodollars_max: Some(1_000), ..budget("money", 0) };
    let any = || BudgetLine { tokens_max: None, ..budget("any", 0) };
    let both = || vec![any(), money()];
    assert_eq!(granted(meter, &ask(&tenant, vec![], both(), 100)).await.1, [level(100), level(100)]);
    let over = Refusal::Budget { name: "money".to_owned(), level: level(100) };
    assert_eq!(refused(meter, &ask(&tenant, vec![], both(), 1)).await, over);
    assert_eq!(granted(meter, &ask(&tenant, vec![], vec![any()], 1_000_000)).await.1, [level(1_000_100)]);

    // A seed that is over already.
    let spent = BudgetLine { seed: Some(level(200)), ..budget("spent", 100) };
    let over = Refusal::Budget { name: "spent".to_owned(), level: level(200) };
    assert_eq!(refused(meter, &ask(&tenant, vec![], vec![spent], 1)).await, over);
}

pub(super) async fn all_or_nothing(meter: &impl Meter) {
    let tenant = tenant();
    let lines = || vec![budget("wide", 1_000), budget("narrow", 10), budget("wide too", 1_000)];
    granted(meter, &ask(&tenant, vec![], lines(), 10)).await;
    let call = ask(&tenant, vec![], lines(), 1);
    assert_eq!(refused(meter, &call).await, Refusal::Budget { name: "narrow".to_owned(), level: level(10) });
    assert_eq!(levels(meter, &tenant, &["wide", "narrow", "wide too"]).await, [Some(level(10)); 3]);
    assert_eq!(meter.settle(&settlement(&call, level(5))).await.unwrap(), [], "what was refused is not open");
    assert_eq!(levels(meter, &tenant, &["wide"]).await, [Some(level(10))]);
}

pub(super) async fn settled(first: &impl Meter, second: &impl Meter) {
    let tenant = tenant();
    let lines = || vec![budget("day", 100), budget("month:user:ada 1", 1_000)];
    let named = |tokens| [("day".to_owned(), level(tokens)), ("month:user:ada 1".to_owned(), level(tokens))];
    let (less, more) = (ask(&tenant, vec![], lines(), 50), ask(&tenant, vec![], lines(), 50));
    granted(first, &less).await;
    granted(first, &more).await;
    assert_eq!(second.settle(&settlement(&less, level(20))).await.unwrap(), named(70), "in the hold's place");
    assert_eq!(
        second.settle(&settlement(&more, level(90))).await.unwrap(),
        named(110),
        "over the hold, and the budget"
    );
    for again in [&less, &more] {
        assert_eq!(first.settle(&settlement(again, level(7))).await.unwrap(), [], "settled already");
    }
    assert_eq!(levels(first, &tenant, &["day"]).await, [Some(level(110))]);
    let foreign = ReserveRequest { tenant: crate::build::tenant(), ..less.clone() };
    assert_eq!(first.settle(&settlement(&foreign, level(1))).await.unwrap(), []);

    // Twice at once: once.
    let call = ask(&tenant, vec![], vec![budget("race", 100)], 50);
    granted(first, &call).await;
    let settlement = settlement(&call, level(10));
    let (one, other) = tokio::join!(first.settle(&settlement), second.settle(&settlement));
    assert_eq!(one.unwrap().len() + other.unwrap().len(), 1);
    assert_eq!(levels(first, &tenant, &["race"]).await, [Some(level(10))]);
    // A call without any budget is open all the same.
    let bare = ask(&tenant, vec![], vec![], 5);
    granted(first, &bare).await;
    assert_eq!(first.settle(&super::ask::settlement(&bare, level(1))).await.unwrap(), []);
}

pub(super) async fn exact_to_the_last(meter: &impl Meter) {
    let tenant = tenant();
    let seed = BudgetLevel { tokens: EXACT_MAX - 2, nanodollars: EXACT_MAX - 1 };
    let line = BudgetLine { nanodollars_max: Some(EXACT_MAX), seed: Some(seed), ..budget("large", EXACT_MAX) };
    let call = |tokens, nanodollars| ReserveRequest {
        hold: BudgetLevel { tokens, nanodollars },
        ..ask(&tenant, vec![], vec![line.clone()], 0)
    };
    let refusals = [call(3, 0), call(0, 2)];
    for call in refusals {
        assert_eq!(refused(meter, &call).await, Refusal::Budget { name: "large".to_owned(), level: seed });
    }
    let full = BudgetLevel { tokens: EXACT_MAX - 1, nanodollars: EXACT_MAX };
    assert_eq!(granted(meter, &call(1, 1)).await.1, [full]);
    assert_eq!(refused(meter, &call(1, 1)).await, Refusal::Budget { name: "large".to_owned(), level: full });
    // Without a maximum it counts on, exactly.
    let any = BudgetLine { tokens_max: None, seed: Some(seed), ..budget("any", 0) };
    let (_, levels) = granted(meter, &ReserveRequest { hold: seed, ..ask(&tenant, vec![], vec![any], 0) }).await;
    assert_eq!(levels, [BudgetLevel { tokens: 2 * (EXACT_MAX - 2), nanodollars: 2 * (EXACT_MAX - 1) }]);
}

pub(super) async fn beyond_the_limits(meter: &impl Meter) {
    let tenant = tenant();
    let over = BudgetLevel { tokens: EXACT_MAX + 1, nanodollars: 0 };
    let line = || budget("day", 100);
    let plain = || ask(&tenant, vec![], vec![line()], 1);
    let requests = [
        ask(&tenant, vec![], vec![budget("day", EXACT_MAX + 1)], 1),
        ask(&tenant, vec![], vec![BudgetLine { nanodollars_max: Some(u64::MAX), ..line() }], 1),
        ask(&tenant, vec![], vec![BudgetLine { seed: Some(over), ..line() }], 1),
        ask(&tenant, vec![], vec![line(), line()], 1),
        ask(&tenant, vec![], (0..17).map(|at| budget(&at.to_string(), 1)).collect(), 1),
        ReserveRequest { hold: over, ..plain() },
        ReserveRequest { record: Bytes::from(vec![0; 4 * 1024 + 1]), ..plain() },
    ];
    for request in requests {
        assert_eq!(meter.reserve(&request).await.unwrap_err().kind, PortErrorKind::Corrupt, "{request:?}");
    }
    let call = plain();
    granted(meter, &call).await;
    assert_eq!(meter.settle(&settlement(&call, over)).await.unwrap_err().kind, PortErrorKind::Corrupt);
    assert_eq!(levels(meter, &tenant, &["day"]).await, [Some(level(1))]);
    // As many as are allowed.
    let lines = (0..16).map(|at| budget(&at.to_string(), 10)).collect();
    let full = ReserveRequest { record: Bytes::from(vec![0; 4 * 1024]), ..ask(&tenant, vec![], lines, 3) };
    assert_eq!(granted(meter, &full).await.1, [level(3); 16]);
    assert_eq!(meter.settle(&settlement(&full, NOTHING)).await.unwrap().len(), 16);
    granted(meter, &another(&full)).await;
}

pub(super) async fn alerts(first: &impl Meter, second: &impl Meter) {
    let (mine, theirs) = (tenant(), tenant());
    let raised = join_all((0..20).map(|_| second.alert_once(&mine, "day:80", MINUTE))).await;
    assert_eq!(raised.into_iter().filter(|first| *first.as_ref().unwrap()).count(), 1);
    assert!(!first.alert_once(&mine, "day:80", MINUTE).await.unwrap());
    assert!(first.alert_once(&mine, "day:100", MINUTE).await.unwrap());
    assert!(first.alert_once(&theirs, "day:80", MINUTE).await.unwrap());
    let brief = Duration::from_millis(30);
    assert!(first.alert_once(&mine, "brief", brief).await.unwrap());
    super::super::eventually::eventually("an alert's time is over", async || {
        first.alert_once(&mine, "brief", brief).await.unwrap()
    })
    .await;
}
