//! Reads from a real streaming replica: where it is as fresh as asked for, else from the primary.

use crate::workflow_fixture::{Machine, acme, now};
use local_emulator_postgres::{Durability, Options, Server};
use octavo_adapters_postgres::{PoolOptions, Postgres, TEST_APP_LOGIN, TEST_PASSWORD, prepare_for_tests};
use octavo_domain_kernel::PortErrorKind;
use octavo_domain_workflow::engine::ports::{ExecutionQuery, ExecutionReads, Freshness};
use octavo_domain_workflow::engine::{ExecutionId, Status};
use sqlx::{Connection, Executor, PgConnection, Row};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const DEADLINE: Duration = Duration::from_secs(60);
/// How long a caller waits for a replica that is away; a busy machine has connected to one that is there.
const REPLICA_WITHIN: Duration = Duration::from_secs(1);

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

fn options(folder: &TempDir) -> Options {
    let mut options = Options::new(folder.path().join("data"));
    options.durability = Durability::Off;
    options
}

async fn ids(store: &Postgres, freshness: &Freshness) -> Vec<ExecutionId> {
    let query = ExecutionQuery { limit: 100, ..ExecutionQuery::default() };
    let found = store.execution_list(&acme(), &query, freshness).await.unwrap();
    let counts = store.execution_counts(&acme(), &query, freshness).await.unwrap();
    // Two reads may go to two servers: whoever writes in between tells the position.
    let succeeded = counts.iter().find(|(status, _)| *status == Status::Succeeded).unwrap().1;
    assert!(succeeded as usize <= found.len() || matches!(freshness, Freshness::Recent { after: None }));
    found.into_iter().map(|one| one.id).collect()
}

/// How often a server has read any of the tables that lists are made of.
async fn scans(url: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let sql = "select coalesce(sum(xact_rollback + xact_commit), 0)::bigint from pg_stat_database \
               where datname = current_database()";
    let scans = connection.fetch_one(sql).await.unwrap().get(0);
    connection.close().await.unwrap();
    scans
}

async fn replaying(connection: &mut PgConnection, on: bool) {
    let sql = if on { "select pg_wal_replay_resume()" } else { "select pg_wal_replay_pause()" };
    connection.execute(sql).await.unwrap();
    // Paused is what it becomes when it looks the next time.
    let deadline = Instant::now() + DEADLINE;
    loop {
        let row = connection.fetch_one("select pg_get_wal_replay_pause_state()").await.unwrap();
        let state: String = row.get(0);
        if (state == "paused") != on {
            return;
        }
        assert!(Instant::now() < deadline, "{state}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_is_as_fresh_as_asked_for_whatever_the_replica_does() {
    let (folder, other) = (folder(), folder());
    let server = Server::start(options(&folder)).await.unwrap();
    prepare_for_tests(&server.admin_url()).await.unwrap();
    let replica = server.start_replica(options(&other)).await.unwrap();
    let (url, replica_url) = (
        server.url_as("postgres", TEST_APP_LOGIN, TEST_PASSWORD),
        replica.url_as("postgres", TEST_APP_LOGIN, TEST_PASSWORD),
    );
    let impatient = PoolOptions { acquire_timeout: REPLICA_WITHIN, ..PoolOptions::default() };
    let patient = PoolOptions { acquire_timeout: DEADLINE, statement_timeout: DEADLINE, ..PoolOptions::default() };
    let store = &Postgres::connect_lazy(&url, &patient).unwrap().with_replica(&replica_url, &impatient).unwrap();
    let mut stand_by = PgConnection::connect(&replica.admin_url()).await.unwrap();
    let (machine, recent) = (Machine::pass(), Freshness::Recent { after: None });
    let one = machine.start(store, "one", now()).await;

    // Idle for long, it is up to date all the same: and it is what answers, soon.
    let deadline = Instant::now() + DEADLINE;
    loop {
        let before = scans(&replica.admin_url()).await;
        assert_eq!(ids(store, &recent).await, [one]);
        tokio::time::sleep(Duration::from_millis(300)).await;
        if scans(&replica.admin_url()).await > before + 3 {
            break;
        }
        assert!(Instant::now() < deadline, "the replica is never asked");
    }

    // It stands still: what was just written, and read after, is the primary's to answer, and so is all after a second.
    replaying(&mut stand_by, false).await;
    let two = machine.start(store, "two", now()).await;
    let after = Freshness::Recent { after: Some(store.write_position().await.unwrap()) };
    assert_eq!(ids(store, &after).await, [two, one]);
    assert_eq!(ids(store, &Freshness::Latest).await, [two, one]);
    let old = Instant::now();
    loop {
        // When it was asked counts: a busy machine answers late.
        let asked = old.elapsed();
        let found = ids(store, &recent).await;
        if found == [two, one] {
            break;
        }
        assert_eq!(found, [one]);
        assert!(asked < Duration::from_millis(1500), "it lags more than a second");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(ids(store, &recent).await, [two, one]);

    // It goes on.
    replaying(&mut stand_by, true).await;
    let three = machine.start(store, "three", now()).await;
    let after = Freshness::Recent { after: Some(store.write_position().await.unwrap()) };
    for _ in 0..20 {
        assert_eq!(ids(store, &after).await, [three, two, one]);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let wrong = Freshness::Recent { after: Some("yesterday".to_owned()) };
    let query = ExecutionQuery { limit: 1, ..ExecutionQuery::default() };
    let error = store.execution_list(&acme(), &query, &wrong).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Corrupt);

    // It is away: the primary answers, and after the first time nobody waits for the other.
    stand_by.close().await.unwrap();
    replica.stop().await.unwrap();
    assert_eq!(ids(store, &recent).await, [three, two, one]);
    // The quickest of some counts: a busy machine may be slow. Two reads that wait take twice the time each.
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let began = Instant::now();
        assert_eq!(ids(store, &recent).await, [three, two, one]);
        quickest = quickest.min(began.elapsed());
    }
    assert!(quickest < REPLICA_WITHIN, "{quickest:?}");
    store.close().await;
    server.stop().await.unwrap();
}
