//! What is due, of all tenants: found, held, told once an execution; nothing while there is nothing.

use crate::ai_fixture::ask;
use crate::fixture::{everywhere, tenant};
use crate::workflow_fixture::{Machine, acme, kept, load, now, succeeded};
use chrono::TimeDelta;
use octavo_domain_kernel::{Due, DueWork, TenantId};
use octavo_domain_workflow::engine::ports::{ExecutionReads, ExecutionStore};
use octavo_domain_workflow::engine::{ExecutionId, Posted, STEP_QUEUE, WAKE, WakeBody};
use octavo_domain_workflow::machine::Event;
use serde_json::json;
use sqlx::{Executor, Row};

const HOLD_MS: u64 = 60_000;

/// Whose bells are rung, in the order of their ids.
fn rung(due: &Due) -> Vec<(TenantId, ExecutionId)> {
    let mut rung: Vec<_> = due
        .entries
        .iter()
        .map(|entry| {
            assert_eq!((entry.queue.as_str(), entry.message.kind.as_str()), (STEP_QUEUE, WAKE));
            let body: WakeBody = serde_json::from_value(entry.message.body.clone()).unwrap();
            assert_eq!(entry.message.key, body.execution.to_string());
            (entry.message.tenant.clone(), body.execution)
        })
        .collect();
    rung.sort();
    rung
}

#[tokio::test]
async fn an_execution_is_rung_for_once_when_something_of_it_is_due() {
    everywhere(|fixture| async move {
        let (store, relay) = (&fixture.store, &fixture.relay);
        assert_eq!(relay.due_claim(10, HOLD_MS).await.unwrap(), Due::default());
        let (wait, function) = (Machine::wait(), Machine::function());
        let past = now() - TimeDelta::seconds(120);
        // A timer that has passed; a task that nobody holds, with deadlines that have passed.
        let waits = wait.start(store, "one", past).await;
        let works = function.start(store, "one", past).await;
        let later = wait.start(store, "two", now()).await;
        let theirs = wait.begin(wait.execution("one", past));
        store.execution_commit(&tenant("globex"), &theirs, None).await.unwrap();
        let due = relay.due_claim(10, HOLD_MS).await.unwrap();
        let mut expected = vec![(acme(), waits), (acme(), works), (tenant("globex"), theirs.id)];
        expected.sort();
        assert_eq!(rung(&due), expected);
        let in_a_minute = due.next_at.unwrap() - now();
        assert!(in_a_minute > TimeDelta::seconds(50) && in_a_minute <= TimeDelta::seconds(60), "{in_a_minute}");
        assert_eq!(rung(&relay.due_claim(10, HOLD_MS).await.unwrap()), [], "held");

        // What nobody did by then is due again.
        let mut admin = fixture.admin().await;
        admin.execute("update workflow_signal set due_at = due_at - interval '61 s' where at < now()").await.unwrap();
        assert_eq!(rung(&relay.due_claim(1, HOLD_MS).await.unwrap()).len(), 1, "no more than asked for");
        assert_eq!(load(store, later, now()).await.due, []);
        let waiting = store.signals_waiting(&acme(), later).await.unwrap();
        assert_eq!(waiting.iter().map(|kept| &kept.signal.event).collect::<Vec<_>>(), [&Event::Timer]);
        assert_eq!(store.signals_waiting(&acme(), waits).await.unwrap(), [], "that one is due");
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_ask_at_once_and_whoever_commits_is_not_waited_for() {
    everywhere(|fixture| async move {
        let (store, relay, machine) = (&fixture.store, &fixture.relay, &Machine::wait());
        let past = now() - TimeDelta::seconds(120);
        let mut ids = Vec::new();
        for number in 0..40 {
            ids.push(machine.start(store, &number.to_string(), past).await);
        }
        ids.sort();
        let asked = futures::future::join_all((0..8).map(|_| relay.due_claim(7, HOLD_MS))).await;
        let mut found: Vec<_> = asked.into_iter().flat_map(|due| rung(&due.unwrap())).collect();
        while let more @ [_, ..] = rung(&relay.due_claim(7, HOLD_MS).await.unwrap()).as_slice() {
            found.extend_from_slice(more);
        }
        found.sort();
        assert_eq!(found.into_iter().map(|(_, id)| id).collect::<Vec<_>>(), ids, "each once");

        let mut admin = fixture.admin().await;
        admin.execute("update workflow_signal set due_at = now()").await.unwrap();
        admin
            .execute(sqlx::AssertSqlSafe(format!(
                "begin; select from workflow_signal where execution_id = '{}' for update",
                ids[0]
            )))
            .await
            .unwrap();
        assert_eq!(rung(&relay.due_claim(100, HOLD_MS).await.unwrap()).len(), 39);
        admin.execute("rollback").await.unwrap();
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_was_rung_for_at_its_commit_is_left_alone_for_a_moment() {
    everywhere(|fixture| async move {
        let (store, relay, machine) = (&fixture.store, &fixture.relay, Machine::function());
        let mut number = 0;
        let (id, due) = loop {
            number += 1;
            let began = now();
            let id = machine.start(store, &number.to_string(), began).await;
            store.signals_post(&acme(), &[Posted { to: id, kept: kept(now(), Event::Timer) }]).await.unwrap();
            let due = relay.due_claim(10, HOLD_MS).await.unwrap();
            if now() - began < TimeDelta::milliseconds(1_400) {
                break (id, due);
            }
            // The moment of two seconds was nearly over: another one is looked at, and this one held.
            assert!(number < 10, "nobody looks in time");
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            relay.due_claim(10, HOLD_MS).await.unwrap();
        };
        assert_eq!(rung(&due), []);
        let soon = due.next_at.unwrap() - now();
        assert!(soon > TimeDelta::milliseconds(500) && soon <= TimeDelta::seconds(2), "{soon}");
        // A lease is looked at when it ends.
        let until = now() + TimeDelta::seconds(30);
        assert_eq!(store.tasks_claim(&acme(), id, "worker", now(), until, 1).await.unwrap().len(), 1);
        let mut admin = fixture.admin().await;
        let at_its_end: bool =
            ask(&mut admin, format!("select due_at = leased_until from workflow_task where execution_id = '{id}'"))
                .await;
        assert!(at_its_end);
        store.tasks_release(&acme(), id, "worker", &[(1, 1)]).await.unwrap();
        assert_eq!(rung(&relay.due_claim(10, HOLD_MS).await.unwrap()), [(acme(), id)]);
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_came_too_late_goes_and_what_begins_again_is_rung_for() {
    everywhere(|fixture| async move {
        let (store, relay, machine) = (&fixture.store, &fixture.relay, Machine::pass());
        let id = machine.start(store, "one", now()).await;
        let again = Posted { to: id, kept: kept(now() - TimeDelta::seconds(9), Event::Redrive { turn: 0 }) };
        store.signals_post(&acme(), &[again]).await.unwrap();
        let mut admin = fixture.admin().await;
        // As if it had ended between the look and the insert of somebody who posted.
        let late = format!(
            "insert into workflow_signal select tenant, '{id}', gen_random_uuid(), at, 1, 1, 'other', '\"timer\"', now()
             from workflow_signal;
             insert into workflow_signal select tenant, gen_random_uuid(), gen_random_uuid(), at, 1, 1, 'again', event,
             now() from workflow_signal where kind = 'again';
             update workflow_signal set due_at = now()"
        );
        admin.execute(sqlx::AssertSqlSafe(late)).await.unwrap();
        assert_eq!(rung(&relay.due_claim(10, HOLD_MS).await.unwrap()), [(acme(), id)]);
        assert_eq!(ask::<i64>(&mut admin, "select count(*) from workflow_signal").await, 1);
        fixture
    })
    .await;
}

#[tokio::test]
async fn nobody_rings_for_the_dead_until_they_are_revived_or_advanced() {
    everywhere(|fixture| async move {
        let (store, relay, machine) = (&fixture.store, &fixture.relay, Machine::function());
        let past = now() - TimeDelta::seconds(120);
        let id = machine.start(store, "one", past).await;
        let bury = |error: &'static str| async move {
            store.execution_bury(&acme(), id, error, past).await.unwrap();
        };
        bury("first").await;
        bury("the definition\0 cannot be read").await;
        store.signals_post(&acme(), &[Posted { to: id, kept: kept(past, Event::Timer) }]).await.unwrap();
        assert_eq!(relay.due_claim(10, HOLD_MS).await.unwrap(), Due::default());
        let dead = store.dead_executions(&acme(), 10).await.unwrap();
        assert_eq!((dead.len(), dead[0].id, dead[0].at), (1, id, past));
        assert_eq!(dead[0].error, "the definition\u{FFFD} cannot be read");
        assert_eq!(dead[0].arn, store.execution_get(&acme(), id).await.unwrap().unwrap().started.arn);
        assert_eq!(store.dead_executions(&tenant("globex"), 10).await.unwrap(), []);
        assert!(!store.execution_revive(&tenant("globex"), id, now()).await.unwrap());

        assert!(store.execution_revive(&acme(), id, now()).await.unwrap());
        assert!(!store.execution_revive(&acme(), id, now()).await.unwrap());
        assert_eq!(rung(&relay.due_claim(10, HOLD_MS).await.unwrap()), [(acme(), id)]);

        // Whoever can commit it can advance it; its deadlines are due again.
        bury("again").await;
        assert_eq!(machine.wake(store, id, Vec::new(), past).await.id, id);
        assert_eq!(store.dead_executions(&acme(), 10).await.unwrap(), []);
        assert_eq!(rung(&relay.due_claim(10, HOLD_MS).await.unwrap()), [(acme(), id)]);
        bury("and again").await;
        machine.wake(store, id, vec![succeeded(1, 1, json!(1))], past).await;
        assert_eq!(store.dead_executions(&acme(), 10).await.unwrap(), [], "it has ended");
        bury("what does not run does not die").await;
        assert_eq!(store.dead_executions(&acme(), 10).await.unwrap(), []);
        fixture
    })
    .await;
}

/// What a look costs while thousands wait and nothing is due: the left edges of two indexes.
#[tokio::test]
async fn a_look_while_nothing_is_due_reads_next_to_nothing() {
    everywhere(|fixture| async move {
        let (store, relay, machine) = (&fixture.store, &fixture.relay, Machine::wait());
        let id = machine.start(store, "one", now()).await;
        let mut admin = fixture.admin().await;
        let fill = format!(
            "insert into workflow_signal select 'acme', '{id}', gen_random_uuid(), now() + interval '1 day', 1, 1,
                 'other', '\"timer\"', now() + interval '1 day' from generate_series(1, 20000);
             insert into workflow_task (tenant, execution_id, frame_id, turn, body, made_at, due_at)
             select 'acme', '{id}', n, 1, '', now(), now() + interval '1 day' from generate_series(1, 20000) n;
             analyze workflow_signal; analyze workflow_task"
        );
        admin.execute(sqlx::AssertSqlSafe(fill)).await.unwrap();
        let due = relay.due_claim(100, HOLD_MS).await.unwrap();
        assert_eq!(rung(&due), []);
        assert!(due.next_at.is_some());
        let mut relay = fixture.relay_connection().await;
        let plan: String = relay
            .fetch_all(
                "explain (analyze, buffers, costs off, timing off, summary off)
                select least(
                    (select due_at from workflow_signal where due_at is not null order by due_at limit 1),
                    (select due_at from workflow_task where due_at is not null order by due_at limit 1))",
            )
            .await
            .unwrap()
            .iter()
            .map(|row| row.get::<String, _>(0) + "\n")
            .collect();
        assert!(plan.contains("workflow_signal_due") && plan.contains("workflow_task_due"), "{plan}");
        assert!(!plan.contains("Seq Scan"), "{plan}");
        let pages = plan.lines().find(|line| line.contains("Buffers:")).unwrap();
        let pages: i64 = pages.split("hit=").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
        assert!(pages < 20, "{plan}");
        fixture
    })
    .await;
}
