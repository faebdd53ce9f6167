//! Executions as they are looked for.

use crate::ai_fixture::Numbers;
use crate::fixture::{Fixture, at, everywhere, tenant};
use crate::workflow_fixture::{Machine, acme, load, succeeded};
use octavo_domain_workflow::engine::ports::{
    Committed, ExecutionQuery, ExecutionReads, ExecutionStore, ExecutionSummary, Freshness,
};
use octavo_domain_workflow::engine::{ChunkBody, ExecutionId, Status};
use octavo_domain_workflow::machine::Signal;
use serde_json::{Map, Value, json};

fn query() -> ExecutionQuery {
    ExecutionQuery { limit: 1_000, ..ExecutionQuery::default() }
}

fn attributes(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

async fn found(fixture: &Fixture, query: &ExecutionQuery) -> Vec<ExecutionSummary> {
    fixture.store.execution_list(&acme(), query, &Freshness::Latest).await.unwrap()
}

/// What the query says, said once more.
fn fits(query: &ExecutionQuery, one: &ExecutionSummary) -> bool {
    let arn =
        |arn: &String| [Some(&one.machine_arn), one.version_arn.as_ref(), one.alias_arn.as_ref()].contains(&Some(arn));
    query.machine_arn.as_ref().is_none_or(arn)
        && (query.statuses.is_empty() || query.statuses.contains(&one.status))
        && query.name_prefix.as_ref().is_none_or(|prefix| one.name.starts_with(prefix))
        && query.from.is_none_or(|from| one.started_at >= from)
        && query.to.is_none_or(|to| one.started_at < to)
        && query.started_by.as_ref().is_none_or(|user| one.started_by == *user)
        && query.redriven.is_none_or(|redriven| (one.redrive_count > 0) == redriven)
        && query.attributes.iter().all(|(name, value)| one.attributes.get(name) == Some(value))
        && query.after.is_none_or(|after| one.id < after)
}

/// Executions of every kind; those of this tenant, newest first.
async fn fill(fixture: &Fixture) -> Vec<ExecutionSummary> {
    let store = &fixture.store;
    let machines = [Machine::pass(), Machine::fail(), Machine::wait(), Machine::function()];
    for number in 0..60_i64 {
        let machine = &machines[usize::try_from(number % 4).unwrap()];
        let mut new = machine
            .execution(&format!("{}-{number}", ["order", "pay", "order\u{fc}"][number as usize % 3]), at(number));
        new.started_by = ["ada", "grace"][number as usize / 4 % 2].parse().unwrap();
        if number % 5 == 0 {
            new.version_arn = Some(format!("{}:3", machine.arn()));
            new.alias_arn = (number % 10 == 0).then(|| format!("{}:live", machine.arn()));
        }
        if number % 2 == 0 {
            new.attributes =
                attributes(&json!({ "customer": format!("c{}", number % 6), "vip": number % 4 == 0, "n": 1 }));
        }
        let change = machine.begin(new);
        assert_eq!(store.execution_commit(&acme(), &change, None).await.unwrap(), Committed::Done);
        if number % 7 == 0 && change.status == Status::Failed {
            let again = machine.redrive(load(store, change.id, at(100)).await, at(100));
            assert_eq!(store.execution_commit(&acme(), &again, None).await.unwrap(), Committed::Done);
        }
        let theirs = machine.begin(machine.execution(&format!("theirs-{number}"), at(number)));
        store.execution_commit(&tenant("globex"), &theirs, None).await.unwrap();
    }
    let all = found(fixture, &query()).await;
    assert_eq!(all.len(), 60);
    assert!(all.windows(2).all(|pair| pair[0].id > pair[1].id), "newest first");
    all
}

#[tokio::test]
async fn every_combination_of_conditions_finds_what_it_says() {
    everywhere(|fixture| async move {
        let all = fill(&fixture).await;
        assert!(all.iter().any(|one| one.redrive_count > 0));
        let mut numbers = Numbers(7);
        let mut hits = 0;
        for _ in 0..200 {
            let mut asked = query();
            let half = |numbers: &mut Numbers| numbers.below(2) == 0;
            if half(&mut numbers) {
                let one = &all[numbers.below(60) as usize];
                let arns = [Some(&one.machine_arn), one.version_arn.as_ref(), one.alias_arn.as_ref()];
                asked.machine_arn = numbers.one_of(&arns).cloned();
            }
            for status in [Status::Running, Status::Succeeded, Status::Failed, Status::Aborted] {
                if numbers.below(3) == 0 {
                    asked.statuses.push(status);
                }
            }
            if numbers.below(4) == 0 {
                asked.name_prefix = Some(numbers.one_of(&["order", "order-", "order\u{fc}", "pay-1", ""]).to_owned());
            }
            if half(&mut numbers) {
                asked.from = Some(at(numbers.below(60) as i64));
                asked.to = half(&mut numbers).then(|| at(30 + numbers.below(40) as i64));
            }
            if numbers.below(3) == 0 {
                asked.started_by = Some("grace".parse().unwrap());
            }
            if numbers.below(5) == 0 {
                asked.redriven = Some(half(&mut numbers));
            }
            if numbers.below(3) == 0 {
                asked.attributes = attributes(numbers.one_of(&[
                    &json!({ "customer": "c2" }),
                    &json!({ "customer": "c0", "vip": true }),
                    &json!({ "vip": false, "n": 1 }),
                    &json!({ "n": "1" }),
                    &json!({ "customer": null }),
                ]));
            }
            if numbers.below(4) == 0 {
                asked.after = Some(all[numbers.below(60) as usize].id);
            }
            let expected: Vec<_> = all.iter().filter(|one| fits(&asked, one)).cloned().collect();
            assert_eq!(found(&fixture, &asked).await, expected, "{asked:?}");
            hits += expected.len();
            let counts = fixture.store.execution_counts(&acme(), &asked, &Freshness::Latest).await.unwrap();
            for (status, count) in counts {
                let there = expected.iter().filter(|one| one.status == status).count();
                assert_eq!(count as usize, there, "{status:?} of {asked:?}");
            }
            // The same by pages.
            let mut pages = Vec::new();
            let mut page = ExecutionQuery { limit: 7, ..asked.clone() };
            loop {
                let some = found(&fixture, &page).await;
                let Some(last) = some.last() else { break };
                page.after = Some(last.id);
                pages.extend(some);
            }
            assert_eq!(pages, expected);
        }
        assert!(hits > 500, "{hits}");
        let limited = ExecutionQuery { limit: 2, ..ExecutionQuery::default() };
        let counts = fixture.store.execution_counts(&acme(), &limited, &Freshness::Latest).await.unwrap();
        assert_eq!(counts.iter().find(|(status, _)| *status == Status::Running), Some(&(Status::Running, 2)));
        for limit in [0, 1_001] {
            let wrong = ExecutionQuery { limit, ..ExecutionQuery::default() };
            fixture.store.execution_list(&acme(), &wrong, &Freshness::Latest).await.unwrap_err();
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn attributes_follow_the_execution() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, Machine::function());
        let mut new = machine.execution("one", at(0));
        new.attributes = attributes(&json!({ "stage": "begun", "weight": 1.0, "note": "a\u{0}b" }));
        let begun = machine.begin(new);
        store.execution_commit(&acme(), &begun, None).await.unwrap();
        let with = |value: Value| ExecutionQuery { attributes: attributes(&value), ..query() };
        for there in [json!({ "stage": "begun" }), json!({ "weight": 1 }), json!({ "note": "a\u{0}b" })] {
            assert_eq!(found(&fixture, &with(there)).await.len(), 1);
        }
        let mut change = machine.settle(load(store, begun.id, at(1)).await, Vec::new(), at(1));
        change.attributes = Some(attributes(&json!({ "stage": "paid" })));
        store.execution_commit(&acme(), &change, None).await.unwrap();
        assert_eq!(found(&fixture, &with(json!({ "stage": "begun" }))).await, []);
        assert_eq!(found(&fixture, &with(json!({ "weight": 1 }))).await, []);
        assert_eq!(load(store, begun.id, at(1)).await.attributes, attributes(&json!({ "stage": "paid" })));
        machine.wake(store, begun.id, vec![succeeded(1, 1, json!(1))], at(2)).await;
        let ended = found(&fixture, &with(json!({ "stage": "paid" }))).await;
        assert_eq!(ended[0].attributes, attributes(&json!({ "stage": "paid" })));
        let running = ExecutionQuery { statuses: vec![Status::Running], ..with(json!({ "stage": "paid" })) };
        assert_eq!(found(&fixture, &running).await, []);
        fixture
    })
    .await;
}

#[tokio::test]
async fn history_is_read_from_any_event_in_both_directions() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, Machine::function());
        let mut change = machine.begin(machine.execution("one", at(0)));
        let mut chunks = Vec::new();
        // Chunks of which each begins where the last one ended, of 1 to 5 events.
        let mut next = 1;
        for count in [3_u32, 1, 5, 2, 4] {
            let mut chunk = change.history.clone().unwrap();
            (chunk.first, chunk.count) = (next, count);
            chunk.body = match count {
                5 => ChunkBody::Blob("ab".repeat(32).parse().unwrap()),
                _ => ChunkBody::Inline(format!("[{next}]").into_bytes()),
            };
            next += u64::from(count);
            change.history = Some(chunk.clone());
            assert_eq!(store.execution_commit(&acme(), &change, None).await.unwrap(), Committed::Done);
            chunks.push(chunk);
            let loaded = load(store, change.id, at(1)).await;
            change = machine.settle(loaded, Vec::<Signal>::new(), at(1));
            change.history = chunks.first().cloned();
        }
        let last = next - 1;
        for first in 1..=last + 2 {
            for events in 1..=6_u32 {
                let end = first + u64::from(events);
                let expected: Vec<_> = chunks
                    .iter()
                    .filter(|chunk| chunk.first < end && chunk.first + u64::from(chunk.count) > first)
                    .cloned()
                    .collect();
                let read = store.history_read(&acme(), change.id, first, events, false).await.unwrap();
                assert_eq!(read, expected, "{events} from {first} on");
                let top = first.min(last);
                let mut expected: Vec<_> = chunks
                    .iter()
                    .filter(|chunk| {
                        chunk.first <= top && chunk.first + u64::from(chunk.count) + u64::from(events) > top + 1
                    })
                    .cloned()
                    .collect();
                expected.reverse();
                let read = store.history_read(&acme(), change.id, first, events, true).await.unwrap();
                assert_eq!(read, expected, "{events} from {first} back");
            }
        }
        let from_the_end = store.history_read(&acme(), change.id, u64::MAX, 1, true).await.unwrap();
        assert_eq!(from_the_end, [chunks[4].clone()]);
        assert_eq!(store.history_read(&acme(), change.id, 0, 1, false).await.unwrap(), [chunks[0].clone()]);
        assert_eq!(store.history_read(&tenant("globex"), change.id, 1, 9, false).await.unwrap(), []);
        let nobody = ExecutionId(uuid::Uuid::from_u128(1));
        assert_eq!(store.history_read(&acme(), nobody, 1, 9, true).await.unwrap(), []);
        fixture
    })
    .await;
}
