//! Calls that nobody settles.

use super::ask::{MINUTE, another, ask, budget, granted, level, levels, rate, settlement};
use crate::build::tenant;
use crate::contract::eventually::eventually;
use bytes::Bytes;
use futures::future::join_all;
use octavo_domain_ai::ports::{Meter, OpenCall, ReserveRequest, Settlement};
use octavo_domain_kernel::TenantId;
use std::time::Duration;

/// A lease that is over soon.
const BRIEF: Duration = Duration::from_millis(30);

fn call(tenant: &TenantId, record: &'static [u8], lease: Duration) -> ReserveRequest {
    let request = ask(tenant, vec![rate("requests", 1, 10_000, 1)], vec![budget("day", 1_000_000)], 10);
    ReserveRequest { lease, record: Bytes::from_static(record), ..request }
}

pub(super) async fn reserved_again(first: &impl Meter, second: &impl Meter) {
    let call = call(&tenant(), b"", MINUTE);
    let before = granted(first, &call).await;
    let again = granted(second, &call).await;
    assert_eq!((again.0[0].remaining, &again.1), (before.0[0].remaining, &before.1), "it takes nothing more");
    assert_eq!(granted(second, &another(&call)).await.1, [level(20)]);
    // Also where another would be refused by now.
    let full = ask(&call.tenant, vec![rate("one", 1, 1, 1)], vec![budget("full", 10)], 10);
    let before = granted(first, &full).await;
    assert_eq!(granted(first, &full).await.1, before.1);
    let over = another(&ReserveRequest { rates: vec![], budgets: vec![], ..full.clone() });
    granted(first, &over).await;
    let further = Settlement { rates: vec![rate("one", 1, 1, 9)], ..settlement(&over, level(0)) };
    first.settle(&further).await.unwrap();
    assert_eq!(granted(first, &full).await.1, before.1, "also where more was used than there was");
    assert_eq!(first.settle(&settlement(&full, level(4))).await.unwrap(), [("full".to_owned(), level(4))]);
}

pub(super) async fn abandoned(first: &impl Meter, second: &impl Meter) {
    let (tenant, other) = (tenant(), tenant());
    assert_eq!(first.reclaim(&tenant, 10).await.unwrap(), [], "nobody has called");
    let record = b"\0any \xff bytes\r\n";
    let (lost, held, done) = (call(&tenant, record, BRIEF), call(&tenant, b"", MINUTE), call(&tenant, b"", BRIEF));
    for call in [&lost, &held, &done] {
        granted(first, call).await;
    }
    first.settle(&settlement(&done, level(1))).await.unwrap();
    let known = first.tenants().await.unwrap();
    assert!(known.contains(&tenant) && !known.contains(&other));

    let mut given = Vec::new();
    eventually("a lease ends", async || {
        given.extend(second.reclaim(&tenant, 10).await.unwrap());
        !given.is_empty()
    })
    .await;
    let expected = OpenCall { call: lost.call, hold: level(10), record: Bytes::from_static(record) };
    assert_eq!(given, [expected], "that one, and neither what is held nor what was settled");
    assert_eq!(first.reclaim(&tenant, 10).await.unwrap(), [], "given to one");
    assert_eq!(first.reclaim(&other, 10).await.unwrap(), []);
    assert_eq!(levels(first, &tenant, &["day"]).await, [Some(level(21))], "its hold is charged for good");
    assert_eq!(first.settle(&settlement(&lost, level(1))).await.unwrap(), [], "too late");
    assert_eq!(levels(first, &tenant, &["day"]).await, [Some(level(21))]);

    second.reclaimed(&tenant, &[lost.call]).await.unwrap();
    second.reclaimed(&tenant, &[lost.call]).await.expect("what is not there is no error");
    second.reclaimed(&tenant, &[]).await.unwrap();
    assert_eq!(first.reclaim(&tenant, 10).await.unwrap(), []);
    assert_eq!(levels(first, &tenant, &["day"]).await, [Some(level(21))]);
    assert_eq!(first.settle(&settlement(&held, level(2))).await.unwrap(), [("day".to_owned(), level(13))]);
}

pub(super) async fn each_is_given_to_one(first: &impl Meter, second: &impl Meter) {
    let tenant = tenant();
    let calls: Vec<_> = (0..20).map(|_| call(&tenant, b"r", BRIEF)).collect();
    join_all(calls.iter().map(|call| granted(first, call))).await;
    assert_eq!(first.reclaim(&tenant, 0).await.unwrap(), []);
    let mut given = Vec::new();
    eventually("all are given", async || {
        let (one, other) = tokio::join!(first.reclaim(&tenant, 3), second.reclaim(&tenant, 3));
        let (one, other) = (one.unwrap(), other.unwrap());
        assert!(one.len() <= 3 && other.len() <= 3);
        given.extend(one.into_iter().chain(other).map(|call| call.call));
        given.len() >= 20
    })
    .await;
    let mut expected: Vec<_> = calls.iter().map(|call| call.call).collect();
    given.sort_unstable();
    expected.sort_unstable();
    assert_eq!(given, expected, "each once");
    first.reclaimed(&tenant, &given).await.unwrap();
}

pub(super) async fn only_what_was_taken_goes(meter: &impl Meter) {
    let call = call(&tenant(), b"", MINUTE);
    granted(meter, &call).await;
    meter.reclaimed(&call.tenant, &[call.call]).await.unwrap();
    assert_eq!(meter.settle(&settlement(&call, level(3))).await.unwrap().len(), 1, "it was open, and not reclaimed");
}
