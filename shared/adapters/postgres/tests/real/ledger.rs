//! Calls are written once, whole, and with their messages.

use crate::ai_fixture::{all_usage, ask, call, call_at, dollars, feature};
use crate::fixture::{at, everywhere, tenant};
use futures::future::join_all;
use octavo_domain_ai::ports::{CallQuery, Ledger, Spent};
use octavo_domain_ai::{CacheUse, Call, Outcome, Usage};
use octavo_domain_kernel::{Outbox, PortErrorKind};
use octavo_testing::ids::SequentialIds;
use rust_decimal::Decimal;
use std::sync::Arc;
use uuid::Uuid;

/// Calls that all write at once: so many that they are at it for long enough to meet.
const SHARED: u64 = 400;
/// Times that they do.
const ROUNDS: u64 = 6;

/// Of everything as much as there can be.
fn fullest(n: u64) -> Call {
    Call {
        user: "x".repeat(255).parse().unwrap(),
        key: Some(Uuid::from_u128(u128::MAX - 1)),
        feature: feature(&"f".repeat(64)),
        asked_model: "a model, \"ü\" and more".to_owned(),
        usage: Usage {
            input: 1_000_000_000_000,
            cached: 400_000_000_000,
            cache_write: 600_000_000_000,
            output: 1_000_000_000_000,
            reasoning: 7,
        },
        usage_reported: false,
        cost: Some(dollars("999999999.000000000000000001")),
        saved: dollars("0.000000000000000001"),
        saved_tokens: 1_000_000_000_000,
        first_token_ms: Some(u32::MAX),
        duration_ms: u32::MAX,
        error: Some("rate_limited".to_owned()),
        attempts: u16::MAX,
        redactions: u32::MAX,
        ..call("acme", 1, n)
    }
}

/// As little.
fn emptiest(n: u64) -> Call {
    Call {
        provider: String::new(),
        model: String::new(),
        usage: Usage::default(),
        cost: None,
        first_token_ms: None,
        duration_ms: 0,
        streamed: false,
        outcome: Outcome::Failed,
        attempts: 0,
        answer_hash: String::new(),
        ..call("acme", 2, n)
    }
}

#[tokio::test]
async fn a_call_comes_back_as_it_was_written() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let mut calls = vec![fullest(1), emptiest(2)];
        let caches = [CacheUse::Hit, CacheUse::Miss, CacheUse::Coalesced, CacheUse::Bypass];
        calls.extend((3..).zip(caches).map(|(n, cache)| Call { cache, ..call("acme", 3, n) }));
        let outcomes = [Outcome::Answered, Outcome::Truncated, Outcome::Failed, Outcome::Cancelled, Outcome::Abandoned];
        calls.extend((7..).zip(outcomes).map(|(n, outcome)| Call { outcome, ..call("acme", 4, n) }));
        assert_eq!(store.call_insert(&acme, &calls).await.unwrap(), vec![true; calls.len()]);

        let page = store.call_list(&acme, &CallQuery { limit: 100, ..CallQuery::default() }).await.unwrap();
        calls.reverse();
        assert_eq!(page.calls, calls);
        assert!(!page.more);
        // As behind an old PgBouncer, whose statements have no name.
        let uncached = fixture.uncached_store();
        assert_eq!(uncached.call_insert(&acme, &[calls[0].clone(), call("acme", 9, 99)]).await.unwrap(), [false, true]);
        let second = CallQuery { before: Some(call("acme", 9, 99).id), limit: 100, ..CallQuery::default() };
        assert_eq!(uncached.call_list(&acme, &second).await.unwrap().calls, calls);
        let total = uncached.usage(&acme, &all_usage()).await.unwrap();
        assert_eq!(total, store.usage(&acme, &all_usage()).await.unwrap());
        assert_eq!(total[0].calls, calls.len() as u64 + 1);
        uncached.close().await;
        assert_eq!(store.call_insert(&acme, &[]).await.unwrap(), Vec::<bool>::new());
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_is_written_again_changes_nothing() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let (one, two, three) = (call("acme", 0, 1), call("acme", 1, 2), call("acme", 2, 3));
        let twice = [one.clone(), two.clone(), one.clone()];
        assert_eq!(store.call_insert(&acme, &twice).await.unwrap(), [true, true, false]);
        // The same id with other numbers: what was written first stays.
        let other = Call { cost: Some(dollars("50")), model: "model-b".to_owned(), at: at(9), ..one.clone() };
        assert_eq!(store.call_insert(&acme, &[three, other, two]).await.unwrap(), [true, false, false]);

        let total = &store.usage(&acme, &all_usage()).await.unwrap()[0];
        assert_eq!((total.calls, total.usage.total(), total.cost), (3, 360, dollars("0.0036")));
        let page = store.call_list(&acme, &CallQuery { limit: 10, ..CallQuery::default() }).await.unwrap();
        assert_eq!((page.calls.len(), page.calls.last()), (3, Some(&one)));
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_write_the_same_calls_each_call_is_new_to_one() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, &tenant("acme"));
        for round in 0..ROUNDS {
            let calls = (0..SHARED).map(|n| call("acme", n as i64, round << 32 | n)).collect::<Vec<_>>();
            let writers = (0..16_usize).map(|writer| {
                let mut calls = calls.clone();
                calls.rotate_left(writer * 20);
                if writer % 2 == 1 {
                    calls.reverse();
                }
                async move { (calls.clone(), store.call_insert(acme, &calls).await.unwrap()) }
            });
            let mut new = vec![0; SHARED as usize];
            for (calls, flags) in join_all(writers).await {
                for (call, _) in calls.iter().zip(flags).filter(|(_, flag)| *flag) {
                    new[(call.id.as_u128() & 0xffff) as usize] += 1;
                }
            }
            assert_eq!(new, vec![1; SHARED as usize]);
            let spent = store.spent(acme, at(0).date_naive(), at(0).date_naive()).await.unwrap();
            let calls = SHARED * (round + 1);
            assert_eq!(spent, Spent { tokens: calls * 120, cost: dollars("0.0012") * Decimal::from(calls) });
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_defect_of_the_caller_is_refused_before_anything_is_written() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let good = call("acme", 0, 1);
        let with = |change: fn(&mut Call)| {
            let mut call = call("acme", 1, 2);
            change(&mut call);
            vec![good.clone(), call]
        };
        let defects = [
            with(|call| call.tenant = tenant("globex")),
            with(|call| call.usage.input = u64::MAX),
            with(|call| call.usage.output = i64::MAX as u64),
            with(|call| call.usage.reasoning = 1_000_000_000_001),
            with(|call| call.saved_tokens = u64::MAX),
            with(|call| call.cost = Some(Decimal::MAX)),
            with(|call| call.cost = Some(dollars("-0.01"))),
            with(|call| call.saved = dollars("0.0000000000000000001")),
            (0..501).map(|n| call("acme", 0, n)).collect(),
        ];
        for (number, calls) in defects.iter().enumerate() {
            let error = store.call_insert(&acme, calls).await.unwrap_err();
            assert_eq!(error.kind, PortErrorKind::Corrupt, "{number}: {error}");
        }
        let page = store.call_list(&acme, &CallQuery { limit: 10, ..CallQuery::default() }).await.unwrap();
        assert_eq!(page.calls, []);
        // As many as there may be; and an amount that only looks fine.
        let most = (0..500).map(|n| call("acme", 0, n)).collect::<Vec<_>>();
        assert_eq!(store.call_insert(&acme, &most).await.unwrap(), vec![true; 500]);
        let zeros = Call { cost: Some(dollars("0.1000000000000000000000000000")), ..call("acme", 5, 900) };
        assert_eq!(store.call_insert(&acme, &[zeros]).await.unwrap(), [true]);
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_audit_trail_hears_of_each_new_call_once_and_only_if_it_is_switched_on() {
    everywhere(|fixture| async move {
        let acme = tenant("acme");
        let (one, two) = (call("acme", 0, 1), Call { redactions: 3, key: Some(Uuid::max()), ..call("acme", 1, 2) });
        fixture.store.call_insert(&acme, std::slice::from_ref(&one)).await.unwrap();
        assert_eq!(fixture.relay.outbox_claim(10, 0, 0).await.unwrap(), [], "off by default");

        let store = fixture.store.clone().with_audit(Arc::new(SequentialIds::default()));
        let flags = store.call_insert(&acme, &[one, two.clone(), two.clone()]).await.unwrap();
        assert_eq!(flags, [false, true, false]);
        let told = fixture.relay.outbox_claim(10, 0, 0).await.unwrap();
        assert_eq!(told.len(), 1);
        let (queue, message) = (&told[0].queue, &told[0].message);
        assert_eq!((queue.as_str(), message.kind.as_str()), ("audit", "ai.called"));
        assert_eq!((&message.tenant, message.key.clone(), message.at), (&acme, two.id.to_string(), two.at));
        let body = &message.body;
        assert_eq!(body["prompt_hash"], two.prompt_hash);
        assert_eq!(body["user"], "ada");
        assert_eq!(body["redactions"], 3);
        assert_eq!(body["usage"]["input"], 100);
        assert_eq!(body["outcome"], "answered");
        assert!(body.get("cost").is_none() && body.get("saved").is_none());
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_batch_goes_into_both_months_of_its_border() {
    everywhere(|fixture| async move {
        let mut admin = fixture.admin().await;
        let _: i32 = ask(&mut admin, "select ai_partitions_ensure('2030-01-15Z', 1)").await;
        let border = "2030-02-01T00:00:00Z".parse().unwrap();
        let calls = [call_at("acme", border - chrono::TimeDelta::milliseconds(1), 1), call_at("acme", border, 2)];
        fixture.store.call_insert(&tenant("acme"), &calls).await.unwrap();
        let places: Vec<String> =
            ask(&mut admin, "select array_agg(tableoid::regclass::text order by id) from ai_call").await;
        assert_eq!(places, ["ai_call_2030_01", "ai_call_2030_02"]);
        let (first, last) = ("2030-01-01".parse().unwrap(), "2030-01-31".parse().unwrap());
        assert_eq!(fixture.store.spent(&tenant("acme"), first, last).await.unwrap().tokens, 120);
        fixture
    })
    .await;
}
