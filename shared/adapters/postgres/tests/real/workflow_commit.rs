//! Commits of executions: all of a change or nothing, of two that race exactly one.

use crate::ai_fixture::ask;
use crate::fixture::{at, everywhere, tenant};
use crate::workflow_fixture::{Machine, acme, kept, load, succeeded};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use octavo_domain_workflow::engine::ports::{Committed, ExecutionReads, ExecutionStore};
use octavo_domain_workflow::engine::{Change, Chunk, ChunkBody, ExecutionId, Expected, Posted, Status};
use octavo_domain_workflow::machine::{Event, Signal};
use serde_json::{Value, json};
use sqlx::PgConnection;

/// More than there are connections, so that some also wait for one.
const CONTENDERS: usize = 24;

/// How many rows each table has of an execution, or of all.
async fn rows(admin: &mut PgConnection) -> Vec<(&'static str, i64)> {
    let mut rows = Vec::new();
    for table in [
        "workflow_running",
        "workflow_ended",
        "workflow_name",
        "workflow_history",
        "workflow_frame",
        "workflow_task",
        "workflow_signal",
    ] {
        rows.push((table, ask::<i64>(admin, format!("select count(*) from {table}")).await));
    }
    rows.retain(|(_, count)| *count > 0);
    rows
}

/// What does not come back as it was: times are kept to the microsecond.
fn same_as(change: &Change, chunks: &[Chunk]) {
    let stored: Vec<Value> = chunks
        .iter()
        .flat_map(|chunk| match &chunk.body {
            ChunkBody::Inline(bytes) => serde_json::from_slice::<Vec<Value>>(bytes).unwrap(),
            ChunkBody::Blob(hash) => panic!("{hash} is elsewhere"),
        })
        .collect();
    let history = change.history.as_ref().unwrap();
    assert_eq!(stored.len(), history.count as usize);
    assert_eq!(chunks, std::slice::from_ref(history));
}

#[tokio::test]
async fn an_execution_that_ends_at_once_is_written_at_its_end_alone() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, Machine::pass());
        let change = machine.begin(machine.execution("one", at(0)));
        assert!(change.finished.is_some());
        assert_eq!(store.execution_commit(&acme(), &change, None).await.unwrap(), Committed::Done);
        let mut admin = fixture.admin().await;
        let expected = [("workflow_ended", 1), ("workflow_name", 1), ("workflow_history", 1)];
        assert_eq!(rows(&mut admin).await, expected);

        let view = store.execution_get(&acme(), change.id).await.unwrap().unwrap();
        let Expected::New(new) = &change.expected else { panic!("it is new") };
        assert_eq!(view.started, (&**new).into());
        assert_eq!((view.status, view.stopped_at), (Status::Succeeded, Some(at(0))));
        assert_eq!(view.output, change.finished.as_ref().unwrap().output);
        assert_eq!(view.events, change.execution.events);
        let chunks = store.history_read(&acme(), change.id, 1, 1_000, false).await.unwrap();
        same_as(&change, &chunks);

        let loaded = load(store, change.id, at(1)).await;
        assert_eq!((loaded.seq, loaded.status, loaded.frames.len()), (1, Status::Succeeded, 0));
        assert_eq!(loaded.finished, change.finished);
        // An answer that was lost on its way: the same again.
        assert_eq!(store.execution_commit(&acme(), &change, None).await.unwrap(), Committed::Done);
        assert_eq!(rows(&mut admin).await, expected);
        fixture
    })
    .await;
}

#[tokio::test]
async fn an_execution_is_loaded_as_it_was_committed_and_goes_on() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, Machine::function());
        let begun = machine.begin(machine.execution("one", at(0)));
        let worker = Some(("worker-1", at(30)));
        assert_eq!(store.execution_commit(&acme(), &begun, worker).await.unwrap(), Committed::Done);
        let mut admin = fixture.admin().await;
        let expected = [
            ("workflow_running", 1),
            ("workflow_name", 1),
            ("workflow_history", 1),
            ("workflow_frame", 1),
            ("workflow_task", 1),
            ("workflow_signal", 2),
        ];
        assert_eq!(rows(&mut admin).await, expected);

        let loaded = load(store, begun.id, at(5)).await;
        assert_eq!((loaded.seq, loaded.status), (1, Status::Running));
        assert_eq!(loaded.execution, begun.execution);
        assert_eq!(loaded.frames, begun.frames);
        assert_eq!((loaded.due.len(), loaded.tasks_wait), (0, false), "its task is leased");
        assert!(load(store, begun.id, at(31)).await.tasks_wait, "until the lease ends");
        let late = load(store, begun.id, at(101)).await;
        assert_eq!(late.due, {
            let mut kept = begun.kept.clone();
            kept.sort_by_key(|kept| kept.at);
            kept
        });

        let task = &begun.tasks[0];
        let ended = machine.wake(store, begun.id, vec![succeeded(task.frame, task.turn, json!({"b": 2}))], at(6)).await;
        assert_eq!(ended.status, Status::Succeeded);
        let left = [("workflow_ended", 1), ("workflow_name", 1), ("workflow_history", 2)];
        assert_eq!(rows(&mut admin).await, left);
        assert_eq!(load(store, begun.id, at(7)).await.seq, 2);
        let chunks = store.history_read(&acme(), begun.id, 1, 1_000, false).await.unwrap();
        assert_eq!(chunks, [begun.history.unwrap(), ended.history.unwrap()]);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_name_belongs_to_one_execution_for_ninety_days_after_its_end() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, Machine::wait());
        let id = machine.start(store, "one", at(0)).await;
        let again = machine.begin(machine.execution("one", at(1)));
        let commit = |change: Change| async move { store.execution_commit(&acme(), &change, None).await.unwrap() };
        assert_eq!(commit(again.clone()).await, Committed::NameTaken(id));
        assert!(store.execution_load(&acme(), again.id, at(1)).await.unwrap().is_none(), "nothing was written");
        assert_eq!(store.execution_find(&acme(), &again.execution.arn).await.unwrap(), Some(id));

        machine.wake(store, id, Vec::new(), at(60)).await;
        assert_eq!(load(store, id, at(61)).await.status, Status::Succeeded);
        let days = |days: i64| at(60) + TimeDelta::days(days);
        let later = |at: DateTime<Utc>| machine.begin(machine.execution("one", at));
        assert_eq!(commit(later(days(89))).await, Committed::NameTaken(id));
        let new = later(days(91));
        assert_eq!(commit(new.clone()).await, Committed::Done);
        assert_eq!(store.execution_find(&acme(), &new.execution.arn).await.unwrap(), Some(new.id), "the newest");
        assert!(store.execution_get(&acme(), id).await.unwrap().is_some(), "the old one is known by its id");
        // Another tenant's names are others.
        let theirs = later(at(2));
        assert_eq!(store.execution_commit(&tenant("globex"), &theirs, None).await.unwrap(), Committed::Done);

        let express = Machine::express(
            "quick",
            &json!({
                "StartAt": "A", "States": { "A": { "Type": "Wait", "Seconds": 9, "End": true } }
            }),
        );
        let (one, two) = (express.start(store, "one", at(0)).await, express.start(store, "one", at(0)).await);
        assert_ne!(one, two);
        let arn = store.execution_get(&acme(), two).await.unwrap().unwrap().started.arn;
        assert_eq!(store.execution_find(&acme(), &arn).await.unwrap(), Some(two));
        assert_eq!(store.execution_find(&acme(), &arn.replace(":quick:", ":slow:")).await.unwrap(), None);
        // The same once more is no second one.
        let mut same = express.begin(express.execution("one", at(0)));
        assert_eq!(commit(same.clone()).await, Committed::Done);
        assert_eq!(commit(same.clone()).await, Committed::Done);
        express.wake(store, same.id, Vec::new(), at(60)).await;
        assert_eq!(commit(same.clone()).await, Committed::Done, "also if it has ended meanwhile");
        assert_eq!(load(store, same.id, at(60)).await.status, Status::Succeeded);
        same.expected = Expected::Seq(9);
        assert_eq!(commit(same).await, Committed::Stale);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_commits_at_once_exactly_one_wins() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, &Machine::function());
        let id = machine.start(store, "one", at(0)).await;
        let loaded = load(store, id, at(1)).await;
        let changes = (0..CONTENDERS).map(|number| {
            let started = Signal { frame: 1, turn: 1, event: Event::TaskStarted { worker: Some(number.to_string()) } };
            machine.settle(loaded.clone(), vec![started], at(1))
        });
        let commits =
            changes.map(|change| async move { store.execution_commit(&acme(), &change, None).await.unwrap() });
        let results = join_all(commits).await;
        assert_eq!(results.iter().filter(|result| **result == Committed::Done).count(), 1);
        assert_eq!(results.iter().filter(|result| **result == Committed::Stale).count(), CONTENDERS - 1);
        assert_eq!(load(store, id, at(1)).await.seq, 2);
        let mut admin = fixture.admin().await;
        assert_eq!(ask::<i64>(&mut admin, "select count(*) from workflow_history").await, 2);

        // The same of the end, and of a name.
        let loaded = load(store, id, at(2)).await;
        let ends =
            (0..CONTENDERS).map(|number| machine.settle(loaded.clone(), vec![succeeded(1, 1, json!(number))], at(2)));
        let commits = ends.map(|change| async move { store.execution_commit(&acme(), &change, None).await.unwrap() });
        let results = join_all(commits).await;
        assert_eq!(results.iter().filter(|result| **result == Committed::Done).count(), 1, "{results:?}");
        let starts = (0..CONTENDERS).map(|_| machine.begin(machine.execution("two", at(3))));
        let commits = starts
            .map(|change| async move { (change.id, store.execution_commit(&acme(), &change, None).await.unwrap()) });
        let results = join_all(commits).await;
        let winner = results.iter().find(|(_, result)| *result == Committed::Done).unwrap().0;
        for (id, result) in results {
            assert_eq!(result, if id == winner { Committed::Done } else { Committed::NameTaken(winner) });
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn one_that_failed_keeps_its_frames_and_begins_again() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let mut admin = fixture.admin().await;
        let failing = Machine::fail();
        let id = failing.start(store, "one", at(0)).await;
        let view = store.execution_get(&acme(), id).await.unwrap().unwrap();
        assert_eq!((view.status, view.error.as_deref()), (Status::Failed, Some("Broken")));
        assert_eq!(view.cause.as_deref(), Some("nul\u{FFFD} and more"), "what no text column can hold");
        let loaded = load(store, id, at(1)).await;
        assert_eq!((loaded.frames.len(), loaded.stopped_at), (1, Some(at(0))));
        let kept: bool = ask(&mut admin, "select kept_until = '2026-12-08T09:00:00.123456Z' from workflow_frame").await;
        assert!(kept, "for 15 days");
        // Begun again and failed again in one wake.
        let change = failing.redrive(loaded.clone(), at(2));
        assert!(change.redriven && change.finished.is_some());
        assert_eq!(store.execution_commit(&acme(), &change, None).await.unwrap(), Committed::Done);
        assert_eq!(store.execution_commit(&acme(), &change, None).await.unwrap(), Committed::Stale);
        let view = store.execution_get(&acme(), id).await.unwrap().unwrap();
        assert_eq!((view.redrive_count, view.redriven_at, view.stopped_at), (1, Some(at(2)), Some(at(2))));
        assert_eq!(
            rows(&mut admin).await,
            [("workflow_ended", 1), ("workflow_name", 1), ("workflow_history", 2), ("workflow_frame", 1)]
        );

        let machine = Machine::function();
        let id = machine.start(store, "two", at(0)).await;
        let failed =
            Signal { frame: 1, turn: 1, event: Event::TaskFailed { error: Some("E".to_owned()), cause: None } };
        assert_eq!(machine.wake(store, id, vec![failed], at(1)).await.status, Status::Failed);
        let change = machine.redrive(load(store, id, at(2)).await, at(2));
        assert_eq!(store.execution_commit(&acme(), &change, None).await.unwrap(), Committed::Done);
        let loaded = load(store, id, at(3)).await;
        assert_eq!((loaded.status, loaded.seq, loaded.tasks_wait), (Status::Running, 3, true));
        assert_eq!((loaded.stopped_at, &loaded.finished), (None, &None));
        let kept: i64 = ask(
            &mut admin,
            format!("select count(*) from workflow_frame where execution_id = '{id}' and kept_until is not null"),
        )
        .await;
        assert_eq!(kept, 0);
        let turn = change.tasks[0].turn;
        assert_eq!(machine.wake(store, id, vec![succeeded(1, turn, json!(1))], at(4)).await.status, Status::Succeeded);
        let view = store.execution_get(&acme(), id).await.unwrap().unwrap();
        assert_eq!((view.status, view.redrive_count, view.output), (Status::Succeeded, 1, Some(json!(1))));
        fixture
    })
    .await;
}

#[tokio::test]
async fn signals_wait_for_their_moment_and_go_with_the_commit_that_took_them() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, Machine::wait());
        let id = machine.start(store, "one", at(0)).await;
        let early = kept(at(1), Event::Timer);
        let post = |posted: Vec<Posted>| async move { store.signals_post(&acme(), &posted).await.unwrap() };
        let posted = Posted { to: id, kept: early.clone() };
        post(vec![posted.clone(), Posted { to: ExecutionId(uuid::Uuid::from_u128(9)), kept: early.clone() }]).await;
        post(vec![posted]).await;
        assert_eq!(load(store, id, at(0)).await.due, []);
        let loaded = load(store, id, at(2)).await;
        assert_eq!(loaded.due, std::slice::from_ref(&early), "kept once, also if it was posted twice");
        let waiting = store.signals_waiting(&acme(), id).await.unwrap();
        assert!(waiting.iter().all(|kept| kept.id != early.id || kept.at > at(2)));

        let change = machine.settle(loaded, Vec::new(), at(2));
        assert_eq!(change.taken, [early.id]);
        assert_eq!(store.execution_commit(&acme(), &change, None).await.unwrap(), Committed::Done);
        assert_eq!(change.status, Status::Succeeded);
        // One that has ended is told nothing, except to begin again.
        post(vec![Posted { to: id, kept: kept(at(3), Event::Timer) }]).await;
        assert_eq!(load(store, id, at(9)).await.due, []);
        let again = kept(at(3), Event::Redrive { turn: 0 });
        post(vec![Posted { to: id, kept: again.clone() }]).await;
        let loaded = load(store, id, at(9)).await;
        assert_eq!(loaded.due, [again]);
        // It takes that and stays as it is; whoever took the same a moment later did nothing.
        let (first, second) = (machine.settle(loaded.clone(), vec![], at(9)), machine.settle(loaded, vec![], at(9)));
        assert_eq!(store.execution_commit(&acme(), &first, None).await.unwrap(), Committed::Done);
        assert_eq!(store.execution_commit(&acme(), &second, None).await.unwrap(), Committed::Stale);
        assert_eq!(load(store, id, at(9)).await.due, []);
        fixture
    })
    .await;
}
