//! The daily totals are what the calls add up to.

use crate::ai_fixture::{Numbers, all_usage, call, call_at, dollars, feature};
use crate::fixture::{at, everywhere, tenant};
use chrono::TimeDelta;
use futures::future::join_all;
use octavo_domain_ai::ports::{CallQuery, Ledger, Spent, UsageQuery, UsageRow};
use octavo_domain_ai::{CacheUse, Call, Outcome, Usage};
use octavo_domain_kernel::PortErrorKind;
use rust_decimal::Decimal;
use sqlx::Executor;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What a run draws from; a failure of another seed is added here.
const SEEDS: [u64; 3] = [1, 42, 0xdead_beef];

fn random_call(numbers: &mut Numbers, n: u64) -> Call {
    let began = at(0) + TimeDelta::seconds(numbers.below(4 * 86_400) as i64);
    let (provider, model) =
        numbers.one_of(&[("openai", "model-a"), ("openai", "model-b"), ("other", "model-a"), ("", "")]);
    let amount = |numbers: &mut Numbers| Decimal::new(numbers.below(1 << 39) as i64, 3 + numbers.below(13) as u32);
    Call {
        user: numbers.one_of(&["ada", "grace", "Ada"]).parse().unwrap(),
        key: numbers.one_of(&[None, Some(Uuid::from_u128(5)), Some(Uuid::from_u128(6))]),
        feature: feature(numbers.one_of(&["chat", "generate"])),
        provider: provider.to_owned(),
        model: model.to_owned(),
        usage: Usage {
            input: numbers.below(1 << 30),
            cached: numbers.below(1 << 20),
            cache_write: numbers.below(1 << 10),
            output: numbers.below(1 << 30),
            reasoning: numbers.below(1 << 20),
        },
        cost: (numbers.below(5) > 0).then(|| amount(numbers)),
        saved: amount(numbers),
        saved_tokens: numbers.below(1 << 20),
        cache: numbers.one_of(&[CacheUse::Hit, CacheUse::Miss, CacheUse::Coalesced, CacheUse::Bypass]),
        outcome: numbers.one_of(&[Outcome::Answered, Outcome::Failed, Outcome::Cancelled]),
        ..call_at("acme", began, n)
    }
}

type Group = (Option<chrono::NaiveDate>, Option<(String, String)>, Option<String>, Option<String>, Option<Uuid>);

/// What the database should say, added up here.
fn added_up(calls: &[Call], query: &UsageQuery) -> Vec<UsageRow> {
    let mut rows = BTreeMap::<Group, UsageRow>::new();
    for call in calls {
        let day = call.at.date_naive();
        if day < query.from || day > query.to {
            continue;
        }
        let group = (
            query.by_day.then_some(day),
            query.by_model.then(|| (call.provider.clone(), call.model.clone())),
            query.by_feature.then(|| call.feature.as_str().to_owned()),
            query.by_user.then(|| call.user.as_str().to_owned()),
            call.key.filter(|_| query.by_key),
        );
        let row = rows.entry(group).or_insert_with(|| UsageRow {
            day: query.by_day.then_some(day),
            provider: query.by_model.then(|| call.provider.clone()),
            model: query.by_model.then(|| call.model.clone()),
            feature: query.by_feature.then(|| call.feature.clone()),
            user: query.by_user.then(|| call.user.clone()),
            key: call.key.filter(|_| query.by_key),
            ..UsageRow::default()
        });
        row.calls += 1;
        row.failed += u64::from(call.outcome == Outcome::Failed);
        row.cache_hits += u64::from(matches!(call.cache, CacheUse::Hit | CacheUse::Coalesced));
        row.unpriced += u64::from(call.cost.is_none() && !call.model.is_empty());
        row.usage.input += call.usage.input;
        row.usage.cached += call.usage.cached;
        row.usage.cache_write += call.usage.cache_write;
        row.usage.output += call.usage.output;
        row.usage.reasoning += call.usage.reasoning;
        row.cost += call.cost.unwrap_or_default();
        row.saved += call.saved;
        row.saved_tokens += call.saved_tokens;
    }
    rows.into_values().collect()
}

#[tokio::test]
async fn totals_are_to_the_last_digit_the_sum_of_the_calls() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let mut all = Vec::new();
        for seed in SEEDS {
            let mut numbers = Numbers(seed);
            let calls = (0..200).map(|n| random_call(&mut numbers, (seed << 20) + n)).collect::<Vec<_>>();
            // In batches that overlap, so that half of the calls are written twice.
            for start in (0..200).step_by(20) {
                store.call_insert(&acme, &calls[start..(start + 40).min(200)]).await.unwrap();
            }
            all.extend(calls);
            let two_days = |query| UsageQuery {
                from: at(0).date_naive() + TimeDelta::days(1),
                to: at(0).date_naive() + TimeDelta::days(2),
                ..query
            };
            for bits in 0..32_u32 {
                let by = |bit: u32| bits & (1 << bit) != 0;
                let query = UsageQuery {
                    by_day: by(0),
                    by_model: by(1),
                    by_feature: by(2),
                    by_user: by(3),
                    by_key: by(4),
                    ..all_usage()
                };
                for query in [two_days(query.clone()), query] {
                    let found = store.usage(&acme, &query).await.unwrap();
                    assert_eq!(found, added_up(&all, &query), "seed {seed}, {query:?}");
                }
            }
            let total = &added_up(&all, &two_days(all_usage()))[0];
            let spent = store.spent(&acme, two_days(all_usage()).from, two_days(all_usage()).to).await.unwrap();
            assert_eq!(spent, Spent { tokens: total.usage.total(), cost: total.cost });
        }
        // And what the calls say when they are read back.
        let page = store.call_list(&acme, &CallQuery { limit: 1_000, ..CallQuery::default() }).await.unwrap();
        assert_eq!(added_up(&page.calls, &all_usage()), store.usage(&acme, &all_usage()).await.unwrap());
        fixture
    })
    .await;
}

#[tokio::test]
async fn where_nothing_was_used_the_total_is_nothing() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        assert_eq!(store.usage(&acme, &all_usage()).await.unwrap(), [UsageRow::default()]);
        assert_eq!(store.usage(&acme, &UsageQuery { by_day: true, ..all_usage() }).await.unwrap(), []);
        let day = at(0).date_naive();
        assert_eq!(store.spent(&acme, day, day).await.unwrap(), Spent::default());
        store.call_insert(&acme, &[call("acme", 0, 1)]).await.unwrap();
        assert_eq!(
            store.spent(&acme, day.succ_opt().unwrap(), day).await.unwrap(),
            Spent::default(),
            "an empty period"
        );
        fixture
    })
    .await;
}

#[tokio::test]
async fn totals_that_would_be_cut_off_are_refused() {
    everywhere(|fixture| async move {
        let sql = "insert into ai_usage_day select 'acme', '2030-01-01', '', '', 'chat', 'user-' || n, \
             '00000000-0000-0000-0000-000000000000', 1, 0, 0, 0, 1, 0, 0, 1, 0, 0.1, 0, 0 from generate_series(0, 100000) n";
        fixture.admin().await.execute(sql).await.unwrap();
        let by_user = UsageQuery { by_user: true, ..all_usage() };
        let error = fixture.store.usage(&tenant("acme"), &by_user).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Corrupt);
        assert_eq!(fixture.store.usage(&tenant("acme"), &all_usage()).await.unwrap()[0].calls, 100_001);
        fixture
    })
    .await;
}

/// Calls of one second that count in eight totals, in an order of the writer's own.
fn shuffled(writer: u64, turn: u64) -> Vec<Call> {
    let mut calls = (0..24_u64)
        .map(|n| Call {
            user: format!("user-{}", n % 8).parse().unwrap(),
            ..call("acme", 0, (writer << 32) | (turn << 16) | n)
        })
        .collect::<Vec<_>>();
    calls.rotate_left((writer * 5 % 24) as usize);
    if writer.is_multiple_of(2) {
        calls.reverse();
    }
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_who_count_in_the_same_totals_wait_in_a_row() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, &tenant("acme"));
        let writers = (0..16).map(|writer| async move {
            for turn in 0..8 {
                // A deadlock would be a conflict.
                let flags = store.call_insert(acme, &shuffled(writer, turn)).await.unwrap();
                assert_eq!(flags, vec![true; 24]);
            }
        });
        join_all(writers).await;
        let rows = store.usage(acme, &UsageQuery { by_user: true, ..all_usage() }).await.unwrap();
        assert_eq!(rows.len(), 8);
        for row in rows {
            assert_eq!((row.calls, row.cost), (16 * 8 * 3, dollars("0.0012") * Decimal::from(16 * 8 * 3)));
        }
        fixture
    })
    .await;
}
