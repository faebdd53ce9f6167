//! Many callers at once.

use super::ask::{another, ask, budget, level, levels, rate};
use crate::build::tenant;
use futures::future::join_all;
use octavo_domain_ai::ports::{BudgetLevel, Meter, Refusal, ReserveRequest, Reserved};

const CALLERS: usize = 1_000;
const ROOM: u64 = 600;

/// The same from many callers, over four handles: how many were granted, and what the others heard.
async fn race<M: Meter, F: Future<Output = M>>(
    make: &impl Fn() -> F,
    request: &ReserveRequest,
    callers: usize,
) -> (usize, Vec<Refusal>) {
    let handles = join_all((0..4).map(|_| make())).await;
    let asked = join_all((0..callers).map(|caller| {
        let (handle, call) = (&handles[caller % 4], another(request));
        async move { handle.reserve(&call).await.unwrap() }
    }));
    let (mut granted, mut refusals) = (0, Vec::new());
    for answer in asked.await {
        match answer {
            Reserved::Granted { .. } => granted += 1,
            Reserved::Refused(refusal) => refusals.push(refusal),
            Reserved::Unseeded(names) => panic!("there was a seed: {names:?}"),
        }
    }
    (granted, refusals)
}

/// A thousand callers at once on a budget with room for 600: 600 are granted, and none more.
pub async fn meter_race_for_a_budget<M: Meter, F: Future<Output = M>>(make: impl Fn() -> F) {
    let tenant = tenant();
    let request = ask(&tenant, vec![], vec![budget("day", ROOM * 7 + 6)], 7);
    let (granted, refusals) = race(&make, &request, CALLERS).await;
    assert_eq!((granted, refusals.len()), (600, 400));
    let full = Refusal::Budget { name: "day".to_owned(), level: level(ROOM * 7) };
    assert!(refusals.iter().all(|refusal| *refusal == full), "nobody was refused while there was room");
    assert_eq!(levels(&make().await, &tenant, &["day"]).await, [Some(level(ROOM * 7))]);
}

/// The same with a rate whose burst is 600, and of which one comes back a minute; beside it another rate and a budget
/// have room for all, and lose no more than the 600.
pub async fn meter_race_for_a_rate<M: Meter, F: Future<Output = M>>(make: impl Fn() -> F) {
    let tenant = tenant();
    let rates = vec![rate("tokens", 1, 100_000, 9), rate("requests", 1, ROOM, 1)];
    let request = ask(&tenant, rates, vec![budget("day", 1_000_000)], 7);
    let (granted, refusals) = race(&make, &request, CALLERS).await;
    assert_eq!((granted, refusals.len()), (600, 400));
    for refusal in refusals {
        let Refusal::Rate { left, retry_after } = refusal else { panic!("a rate refuses, not {refusal:?}") };
        assert_eq!((left.name.as_str(), left.remaining), ("requests", 0));
        assert!(retry_after.is_some());
    }
    let meter = make().await;
    assert_eq!(levels(&meter, &tenant, &["day"]).await, [Some(level(ROOM * 7))]);
    let Reserved::Granted { rates, .. } =
        meter.reserve(&ask(&tenant, vec![rate("tokens", 1, 100_000, 0)], vec![], 0)).await.unwrap()
    else {
        panic!("there is room")
    };
    assert_eq!(rates[0].remaining, 100_000 - 9 * ROOM);
}

/// Two callers, and room for one: over and over.
pub async fn meter_race_for_the_last_token<M: Meter, F: Future<Output = M>>(make: impl Fn() -> F) {
    let meter = make().await;
    for round in 0..20 {
        let tenant = tenant();
        let request = if round % 2 == 0 {
            ask(&tenant, vec![], vec![budget("day", 1)], 1)
        } else {
            ask(&tenant, vec![rate("tokens", 1, 1, 1)], vec![], 0)
        };
        let (granted, refusals) = race(&make, &request, 2).await;
        assert_eq!((granted, refusals.len()), (1, 1));
        let used = levels(&meter, &tenant, &["day"]).await[0].unwrap_or_default();
        assert_eq!(used, if round % 2 == 0 { level(1) } else { BudgetLevel::default() });
    }
}
