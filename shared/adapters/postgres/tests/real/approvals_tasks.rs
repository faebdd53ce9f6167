//! Approvals and the tasks that wait for them: answered once, ended when nobody waits, woken when they are due.

use crate::ai_fixture::ask;
use crate::approvals_fixture::{approval, change, commit, create, creation, ending, id, waiting};
use crate::fixture::{Fixture, at, everywhere, tenant};
use crate::workflow_fixture::{Machine, acme, load, now};
use chrono::TimeDelta;
use futures::future::join_all;
use octavo_adapters_postgres::DueApprovals;
use octavo_domain_approvals::{
    APPROVALS_QUEUE, Approval, ApprovalId, ApprovalStore, Committed, Outcome, WAKE, WakeBody,
};
use octavo_domain_kernel::{Due, DueWork};
use octavo_domain_workflow::engine::ports::{Answered, ExecutionReads, ExecutionStore};
use octavo_domain_workflow::engine::{ExecutionId, Status};
use octavo_domain_workflow::machine::{Event, Signal};
use sqlx::{Executor, Row};

const HOLD_MS: u64 = 60_000;

fn bell(fixture: &Fixture) -> DueApprovals {
    DueApprovals(fixture.relay.clone())
}

/// Who is woken, in the order of their ids.
fn woken(due: &Due) -> Vec<ApprovalId> {
    let mut woken: Vec<_> = due
        .entries
        .iter()
        .map(|entry| {
            assert_eq!((entry.queue.as_str(), entry.message.kind.as_str()), (APPROVALS_QUEUE, WAKE));
            let body: WakeBody = serde_json::from_value(entry.message.body.clone()).unwrap();
            assert_eq!(entry.message.key, body.approval.to_string());
            body.approval
        })
        .collect();
    woken.sort();
    woken
}

/// As an execution is told to stop.
async fn stop(fixture: &Fixture, execution: ExecutionId) {
    let abort = Signal { frame: 1, turn: 1, event: Event::Abort { error: None, cause: None } };
    let change = Machine::token().wake(&fixture.store, execution, vec![abort], now()).await;
    assert_eq!(change.status, Status::Aborted);
}

/// The commit that ends an approval that nobody waits for.
async fn cancel(fixture: &Fixture, before: &Approval) {
    let cancelled = change(before, Vec::new(), |approval| {
        approval.outcome = Some(Outcome::Cancelled);
        approval.ended_at = Some(at(9));
    });
    commit(&fixture.store, &cancelled).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_task_is_answered_exactly_once_and_the_execution_goes_on_with_it() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let (execution, asked) = waiting(store, 1, at(0)).await;
        let made = create(store, asked).await;
        assert!(store.approval_awaited(&acme(), made.id).await.unwrap());
        let endings: Vec<_> = (0..8).map(|number| ending(&made, &format!("user-{number}"))).collect();
        let ours = &acme();
        let committed = join_all(endings.iter().map(|ending| store.approval_commit(ours, ending))).await;
        let committed: Vec<_> = committed.into_iter().map(Result::unwrap).collect();
        let winner =
            committed.iter().position(|done| *done == Committed::Done { execution: Some(execution.0) }).unwrap();
        assert_eq!(committed.iter().filter(|done| **done == Committed::Stale).count(), 7, "{committed:?}");

        let output = endings[winner].output.clone().unwrap();
        let due = load(store, execution, now()).await.due;
        let told: Vec<_> = due.iter().map(|kept| &kept.signal.event).collect();
        assert!(told.contains(&&Event::TaskSucceeded { output: output.clone() }), "{told:?}");
        assert_eq!(told.iter().filter(|event| matches!(event, Event::TaskSucceeded { .. })).count(), 1);
        assert!(!store.approval_awaited(&acme(), made.id).await.unwrap());
        let view = Machine::token().wake(store, execution, Vec::new(), at(10)).await;
        assert_eq!(view.status, Status::Succeeded);
        assert_eq!(store.execution_get(&acme(), execution).await.unwrap().unwrap().output, Some(output));
        // That its task went is nothing to be looked after.
        assert_eq!(bell(&fixture).due_claim(10, HOLD_MS).await.unwrap(), Due::default());
        assert_eq!(store.approval_get(&acme(), made.id).await.unwrap().unwrap().outcome, Some(Outcome::Approved));
        fixture
    })
    .await;
}

#[tokio::test]
async fn an_approval_whose_task_is_gone_still_ends() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let (execution, asked) = waiting(store, 1, now()).await;
        let made = create(store, asked).await;
        stop(&fixture, execution).await;
        let done = store.approval_commit(&acme(), &ending(&made, "bob")).await.unwrap();
        assert_eq!(done, Committed::Done { execution: None });
        assert_eq!(bell(&fixture).due_claim(10, HOLD_MS).await.unwrap(), Due::default());
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_stop_makes_what_it_leaves_due_and_nothing_puts_that_off() {
    everywhere(|fixture| async move {
        let (store, bell) = (&fixture.store, bell(&fixture));
        let (execution, asked) = waiting(store, 1, now()).await;
        let made = create(store, asked).await;
        let (_, other) = waiting(store, 2, now()).await;
        create(store, other).await;
        assert_eq!(bell.due_claim(10, HOLD_MS).await.unwrap(), Due::default());
        stop(&fixture, execution).await;
        assert!(!store.approval_awaited(&acme(), made.id).await.unwrap());
        assert!(store.approval_awaited(&acme(), id(2)).await.unwrap());
        assert_eq!(woken(&bell.due_claim(10, HOLD_MS).await.unwrap()), [made.id]);
        // A change that knows nothing of it leaves it due.
        let claimed = change(&made, Vec::new(), |approval| {
            approval.stages[0].seats[0].claimed_by = Some("bob".parse().unwrap());
        });
        let claimed = commit(store, &claimed).await;
        assert_eq!(woken(&bell.due_claim(10, HOLD_MS).await.unwrap()), [made.id]);
        cancel(&fixture, &claimed).await;
        assert_eq!(bell.due_claim(10, HOLD_MS).await.unwrap(), Due::default());
        fixture
    })
    .await;
}

#[tokio::test]
async fn however_a_task_goes_its_approval_is_due() {
    everywhere(|fixture| async move {
        let (store, bell) = (&fixture.store, bell(&fixture));
        // Answered by somebody who has the token.
        let (_, asked) = waiting(store, 1, now()).await;
        let token = asked.origin.token.clone();
        create(store, asked).await;
        let event = Event::TaskSucceeded { output: serde_json::json!(1) };
        assert!(matches!(store.token_answer(&acme(), &token, &event, now()).await.unwrap(), Answered::Taken(_)));
        assert_eq!(woken(&bell.due_claim(10, HOLD_MS).await.unwrap()), [id(1)]);
        // Timed out.
        let (execution, asked) = waiting(store, 2, now()).await;
        create(store, asked).await;
        let timed_out = Signal { frame: 1, turn: 1, event: Event::TaskTimedOut { heartbeat: false } };
        Machine::token().wake(store, execution, vec![timed_out], now()).await;
        assert_eq!(woken(&bell.due_claim(10, HOLD_MS).await.unwrap()), [id(2)]);
        // Dropped by the relay, as what an execution left behind that does not run.
        let (_, asked) = waiting(store, 3, now()).await;
        create(store, asked).await;
        let mut admin = fixture.admin().await;
        admin.execute("delete from workflow_running; update workflow_task set due_at = now()").await.unwrap();
        fixture.relay.due_claim(10, HOLD_MS).await.unwrap();
        assert_eq!(ask::<i64>(&mut admin, "select count(*) from workflow_task").await, 0);
        assert_eq!(woken(&bell.due_claim(10, HOLD_MS).await.unwrap()), [id(3)]);
        fixture
    })
    .await;
}

#[tokio::test]
async fn one_that_comes_too_late_is_not_awaited_and_due_at_once() {
    everywhere(|fixture| async move {
        let (store, bell) = (&fixture.store, bell(&fixture));
        let (execution, asked) = waiting(store, 1, now()).await;
        stop(&fixture, execution).await;
        let mut late = creation(asked);
        late.due_at = Some(now() + TimeDelta::days(1));
        commit(store, &late).await;
        assert!(!store.approval_awaited(&acme(), id(1)).await.unwrap());
        assert_eq!(woken(&bell.due_claim(10, HOLD_MS).await.unwrap()), [id(1)]);
        // One that ended as it was asked for answers at once.
        let (execution, asked) = waiting(store, 2, now()).await;
        let mut at_once = ending(&asked, "bob");
        (at_once.expected_seq, at_once.approval.seq) = (None, 1);
        let done = store.approval_commit(&acme(), &at_once).await.unwrap();
        assert_eq!(done, Committed::Done { execution: Some(execution.0) });
        assert_eq!(store.approval_commit(&acme(), &at_once).await.unwrap(), Committed::Stale);
        fixture
    })
    .await;
}

/// Whichever comes first, the stop or the approval: the approval is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_and_an_approval_at_once_leave_none_that_nobody_ends() {
    everywhere(|fixture| async move {
        let (store, bell, ours) = (&fixture.store, bell(&fixture), &acme());
        let mut expected = Vec::new();
        for number in 1..=20 {
            let (execution, asked) = waiting(store, number, now()).await;
            expected.push(asked.id);
            let create = creation(asked);
            let (made, ()) = tokio::join!(store.approval_commit(ours, &create), stop(&fixture, execution));
            assert_eq!(made.unwrap(), Committed::Done { execution: None });
        }
        assert_eq!(woken(&bell.due_claim(100, HOLD_MS).await.unwrap()), expected);
        // Nor do a decision and a stop wait for each other.
        for number in 101..=120 {
            let (execution, asked) = waiting(store, number, now()).await;
            let made = create(store, asked).await;
            let end = ending(&made, "bob");
            let loaded = load(store, execution, now()).await;
            let abort = Signal { frame: 1, turn: 1, event: Event::Abort { error: None, cause: None } };
            let stopping = Machine::token().settle(loaded, vec![abort], now());
            let (ended, stopped) =
                tokio::join!(store.approval_commit(ours, &end), store.execution_commit(ours, &stopping, None));
            assert!(matches!(ended.unwrap(), Committed::Done { .. }));
            stopped.unwrap();
        }
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_is_found_once_of_all_tenants_and_held() {
    everywhere(|fixture| async move {
        let (store, bell) = (&fixture.store, bell(&fixture));
        assert_eq!(bell.due_claim(10, HOLD_MS).await.unwrap(), Due::default());
        for number in 1..=30 {
            let (_, asked) = waiting(store, number, now()).await;
            let mut due = creation(asked);
            due.due_at = Some(now() - TimeDelta::seconds(i64::from(number)));
            commit(store, &due).await;
        }
        let mut theirs = creation(approval(31, "Theirs", &["user:bob"]));
        theirs.due_at = Some(now());
        store.approval_commit(&tenant("globex"), &theirs).await.unwrap();
        let (_, asked) = waiting(store, 32, now()).await;
        let mut later = creation(asked);
        later.due_at = Some(now() + TimeDelta::seconds(30));
        let later_approval = commit(store, &later).await;

        let asked = join_all((0..6).map(|_| bell.due_claim(4, HOLD_MS))).await;
        let mut found: Vec<_> = asked.into_iter().flat_map(|due| woken(&due.unwrap())).collect();
        while let more @ [_, ..] = woken(&bell.due_claim(7, HOLD_MS).await.unwrap()).as_slice() {
            found.extend_from_slice(more);
        }
        found.sort();
        assert_eq!(found, (1..=31).map(id).collect::<Vec<_>>(), "each once");
        let next_at = bell.due_claim(10, HOLD_MS).await.unwrap().next_at.unwrap() - now();
        assert!(next_at > TimeDelta::seconds(20) && next_at <= TimeDelta::seconds(30), "{next_at}");
        // What nobody did by then is due again; what a commit holds at this moment is passed over.
        let mut admin = fixture.admin().await;
        admin.execute("update approval set due_at = due_at - interval '61 s' where due_at > now()").await.unwrap();
        admin
            .execute("begin; select from approval where due_at <= now() order by id limit 1 for update")
            .await
            .unwrap();
        assert_eq!(woken(&bell.due_claim(100, HOLD_MS).await.unwrap()).len(), 31);
        admin.execute("rollback").await.unwrap();
        // A commit says anew when it is due.
        commit(store, &change(&later_approval, Vec::new(), |_| ())).await;
        assert_eq!(woken(&bell.due_claim(100, HOLD_MS).await.unwrap()), [id(1)]);
        fixture
    })
    .await;
}

/// What a look costs while many wait and nothing is due, and what it costs a task with a token to go: edges of indexes.
#[tokio::test]
async fn neither_a_look_nor_a_task_that_goes_reads_what_is_there() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let (_, asked) = waiting(store, 1, now()).await;
        create(store, asked).await;
        let mut admin = fixture.admin().await;
        admin
            .execute(
                "insert into approval (tenant, id, seq, body, requester, execution_id, token_hash, title_key, created_at,
                     due_at, awaited)
                 select tenant, gen_random_uuid(), 1, '{}', requester, execution_id, sha256(n::text::bytea), '',
                     now(), now() + interval '1 day', true
                 from approval, generate_series(1, 20000) n;
                 analyze approval",
            )
            .await
            .unwrap();
        assert_eq!(woken(&bell(&fixture).due_claim(10, HOLD_MS).await.unwrap()), []);
        let mut relay = fixture.relay_connection().await;
        for sql in [
            "select due_at from approval where due_at is not null order by due_at limit 1",
            "update approval set awaited = false, due_at = now()
             where tenant = 'acme' and token_hash = '\\x00' and open and awaited",
        ] {
            let plan: String = relay
                .fetch_all(sqlx::AssertSqlSafe(format!(
                    "explain (analyze, buffers, costs off, timing off, summary off) {sql}"
                )))
                .await
                .unwrap()
                .iter()
                .map(|row| row.get::<String, _>(0) + "\n")
                .collect();
            assert!(plan.contains("Index") && !plan.contains("Seq Scan"), "{plan}");
            let pages = plan.lines().find(|line| line.contains("Buffers:")).unwrap();
            let pages: i64 = pages.split("hit=").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
            assert!(pages < 20, "{plan}");
        }
        fixture
    })
    .await;
}
