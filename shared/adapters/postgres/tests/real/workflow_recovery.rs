//! The server is killed between and within commits of executions.

use crate::workflow_fixture::{Machine, acme, now, succeeded};
use local_emulator_postgres::{Durability, Options, Server, State};
use nix::sys::signal::{Signal as Unix, kill};
use nix::unistd::Pid;
use octavo_adapters_postgres::{PoolOptions, Postgres, TEST_APP_LOGIN, TEST_PASSWORD, prepare_for_tests};
use octavo_domain_workflow::engine::ports::{Committed, ExecutionReads, ExecutionStore};
use octavo_domain_workflow::engine::{Change, ExecutionId, Status};
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection, Row};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How often the server is killed.
const KILLS: u32 = 3;
/// Steps of each execution.
const STEPS: u64 = 8;
const WORKERS: usize = 4;

/// A task that begins again for as long as its answer says so.
fn machine() -> Machine {
    Machine::of(
        "loop",
        &json!({
            "StartAt": "A",
            "States": {
                "A": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000001:function:f", "Next": "B" },
                "B": { "Type": "Choice", "Default": "C", "Choices": [
                    { "Variable": "$.left", "NumericGreaterThan": 0, "Next": "A" }
                ] },
                "C": { "Type": "Pass", "End": true }
            }
        }),
    )
}

/// Until it is known whether it was done: what failed is tried again, as a function does it.
async fn commit(store: &Postgres, change: &Change) -> Committed {
    loop {
        match store.execution_commit(&acme(), change, None).await {
            Ok(committed) => return committed,
            Err(error) if error.is_retryable() => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Runs one from its start to its end, whatever happens to the server.
async fn run(store: &Postgres, machine: &Machine, name: &str) -> ExecutionId {
    let mut change = machine.begin(machine.execution(name, now()));
    assert_eq!(commit(store, &change).await, Committed::Done, "also if the first answer was lost");
    let id = change.id;
    while change.status == Status::Running {
        let loaded = loop {
            match store.execution_load(&acme(), id, now()).await {
                Ok(loaded) => break loaded.expect("it was acknowledged"),
                Err(error) if error.is_retryable() => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(error) => panic!("{error}"),
            }
        };
        let done = loaded.frames.first().map_or(STEPS, |frame| frame.turn);
        let answer = succeeded(1, done, json!({ "left": STEPS - done }));
        change = machine.settle(loaded, vec![answer], now());
        // Stale: a commit took effect whose answer was lost, or the one before it did.
        commit(store, &change).await;
    }
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn executions_go_on_where_they_were_after_every_kill_and_nothing_is_there_by_half() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let mut options = Options::new(folder.path().join("data"));
    options.durability = Durability::Off;
    let server = Server::start(options).await.unwrap();
    prepare_for_tests(&server.admin_url()).await.unwrap();
    let url = server.url_as("postgres", TEST_APP_LOGIN, TEST_PASSWORD);
    let store = &Postgres::connect_lazy(&url, &PoolOptions::default()).unwrap();
    let (machine, kills) = (&machine(), &AtomicU32::new(0));
    let work = |worker: usize| async move {
        let mut ids = Vec::new();
        // One more after the last kill.
        loop {
            let last = kills.load(Ordering::SeqCst) == KILLS;
            ids.push(run(store, machine, &format!("{worker}-{}", ids.len())).await);
            if last {
                return ids;
            }
        }
    };
    let crash = async {
        for _ in 0..KILLS {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let mut state = server.state();
            let State::Ready { pid: killed } = *state.borrow() else { panic!("not ready") };
            kill(Pid::from_raw(killed), Unix::SIGKILL).unwrap();
            let back = state.wait_for(|state| matches!(state, State::Ready { pid } if *pid != killed));
            tokio::time::timeout(Duration::from_secs(90), back).await.expect("started again").unwrap();
            kills.fetch_add(1, Ordering::SeqCst);
        }
    };
    let workers = futures::future::join_all((0..WORKERS).map(work));
    let all = async { tokio::join!(workers, crash).0.concat() };
    let ids = tokio::time::timeout(Duration::from_secs(400), all).await.expect("all is well again");
    assert!(ids.len() >= WORKERS);
    for id in &ids {
        let view = store.execution_get(&acme(), *id).await.unwrap().unwrap();
        assert_eq!((view.status, view.output), (Status::Succeeded, Some(json!({ "left": 0 }))));
        let chunks = store.history_read(&acme(), *id, 1, u32::MAX, false).await.unwrap();
        let events: u64 = chunks.iter().map(|chunk| u64::from(chunk.count)).sum();
        assert_eq!(events, view.events, "no event is missing and none is there twice");
    }
    let mut admin = PgConnection::connect(&server.admin_url()).await.unwrap();
    let row = admin
        .fetch_one(
            "select (select count(*) from workflow_ended), (select count(*) from workflow_name),
                (select count(*) from workflow_running) + (select count(*) from workflow_frame)
                + (select count(*) from workflow_task) + (select count(*) from workflow_signal)",
        )
        .await
        .unwrap();
    let [ended, names, left] = [0, 1, 2].map(|column| row.get::<i64, _>(column));
    assert_eq!((ended, names, left), (ids.len() as i64, ids.len() as i64, 0));
    store.close().await;
}
