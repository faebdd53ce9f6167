use crate::ai_fixture::{call, feature};
use crate::fixture::{Fixture, at, everywhere, tenant};
use octavo_domain_ai::Call;
use octavo_domain_ai::ports::{CallPage, CallQuery, Ledger};
use octavo_domain_kernel::PortErrorKind;

/// Twenty calls, one a minute; every third is grace's, every fourth a generation.
async fn fill(fixture: &Fixture) -> Vec<Call> {
    let calls = (0..20_u64)
        .map(|n| {
            let mut made = call("acme", n as i64 * 60, n);
            if n % 3 == 0 {
                made.user = "grace".parse().unwrap();
            }
            if n % 4 == 0 {
                made.feature = feature("generate");
            }
            made
        })
        .collect::<Vec<_>>();
    fixture.store.call_insert(&tenant("acme"), &calls).await.unwrap();
    calls
}

fn numbers(page: &CallPage) -> Vec<u128> {
    page.calls.iter().map(|call| call.id.as_u128() & 0xff).collect()
}

#[tokio::test]
async fn pages_of_every_size_go_from_the_newest_to_the_oldest() {
    everywhere(|fixture| async move {
        let mut calls = fill(&fixture).await;
        calls.reverse();
        for limit in [1, 3, 19, 20, 1_000] {
            let mut query = CallQuery { limit, ..CallQuery::default() };
            let mut seen = Vec::new();
            loop {
                let page = fixture.store.call_list(&tenant("acme"), &query).await.unwrap();
                assert!(page.calls.len() <= limit);
                query.before = page.calls.last().map(|call| call.id);
                seen.extend(page.calls);
                if !page.more {
                    break;
                }
            }
            assert_eq!(seen, calls, "by {limit}");
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn filters_narrow_the_list() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let acme = &tenant("acme");
        let all = CallQuery { limit: 100, ..CallQuery::default() };
        let list = |query: CallQuery| {
            let store = fixture.store.clone();
            async move { numbers(&store.call_list(acme, &query).await.unwrap()) }
        };
        let grace = CallQuery { user: Some("grace".parse().unwrap()), ..all.clone() };
        assert_eq!(list(grace.clone()).await, [18, 15, 12, 9, 6, 3, 0]);
        let generated = CallQuery { feature: Some(feature("generate")), ..all.clone() };
        assert_eq!(list(generated.clone()).await, [16, 12, 8, 4, 0]);
        assert_eq!(list(CallQuery { feature: generated.feature, ..grace.clone() }).await, [12, 0]);
        // From is in it, to is not.
        let period = CallQuery { from: Some(at(5 * 60)), to: Some(at(8 * 60)), ..all.clone() };
        assert_eq!(list(period.clone()).await, [7, 6, 5]);
        let before = call("acme", 7 * 60, 7).id;
        assert_eq!(list(CallQuery { before: Some(before), ..period.clone() }).await, [6, 5]);
        assert_eq!(list(CallQuery { user: grace.user, limit: 1, ..period }).await, [6]);
        assert_eq!(list(CallQuery { from: Some(at(86_400)), ..all.clone() }).await, []);
        assert_eq!(list(CallQuery { to: Some(at(0)), ..all }).await, []);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_page_has_a_size() {
    everywhere(|fixture| async move {
        for limit in [0, 1_001, usize::MAX] {
            let query = CallQuery { limit, ..CallQuery::default() };
            let error = fixture.store.call_list(&tenant("acme"), &query).await.unwrap_err();
            assert_eq!(error.kind, PortErrorKind::Corrupt);
        }
        fixture
    })
    .await;
}
