//! What is asked of many executions is found by an index, and no more of it is read than is answered: the statements that
//! the ports make, as the server counted them.

use crate::ai_fixture::ask;
use crate::fixture::{Fixture, everywhere, tenant};
use crate::workflow_fixture::{Machine, acme};
use octavo_adapters_postgres::{PoolOptions, Postgres, TEST_APP_LOGIN, TEST_PASSWORD};
use octavo_domain_workflow::engine::ports::{Committed, ExecutionQuery, ExecutionReads, ExecutionStore, Freshness};
use octavo_domain_workflow::engine::{ExecutionId, Status};
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// For a connection's process to end after it was closed.
const COUNTED_WITHIN: Duration = Duration::from_secs(60);
/// More often than the five times after which a prepared statement may get a plan for all values.
const TURNS: i64 = 7;
/// Rows of a page.
const PAGE: i64 = 20;

/// 40,000 that have ended of two tenants in January 2030, of which every 50th failed; 4,000 that run.
const FILL: &str = "
select workflow_partitions_ensure('2030-01-01Z', 0);
insert into workflow_ended (
    tenant, id, seq, status, arn, name, machine_arn, machine_name, role_arn, input, started_at, started_by, express,
    revision, events, frames, redrive_count, stopped_at, output)
select case when n % 2 = 0 then 'acme' else 'globex' end,
    (lpad(to_hex(1893456000000 + n * 1000), 12, '0') || '7' || lpad(to_hex(n), 19, '0'))::uuid, 1,
    case when n % 50 < 2 then 'FAILED' else 'SUCCEEDED' end, 'arn:x:' || n, 'name-' || n,
    'arn:aws:states:us-east-1:000000000001:stateMachine:m' || n / 2 % 40, 'm', 'r', '{}', to_timestamp(1893456000 + n),
    'user-' || n / 2 % 200, false, gen_random_uuid(), 5, 1, 0, to_timestamp(1893456000 + n), '{}'
from generate_series(0, 39999) n;
insert into workflow_history
select tenant, id, 1, 5, '[]', null from workflow_ended;
insert into workflow_attribute
select tenant, 'customer', '\"c' || substr(name, 6)::int / 2 % 500 || '\"', id from workflow_ended;
insert into workflow_attribute select tenant, 'region', '\"eu\"', id from workflow_ended;
insert into workflow_name select tenant, arn, id from workflow_ended;
insert into workflow_running (
    tenant, id, seq, status, arn, name, machine_arn, machine_name, role_arn, input, started_at, started_by, express,
    revision, events, frames, redrive_count)
select case when n % 2 = 0 then 'acme' else 'globex' end,
    (lpad(to_hex(1893456000000 + n * 1000), 12, '0') || '7' || lpad(to_hex(n + 50000), 19, '0'))::uuid, 1, 'RUNNING',
    'arn:y:' || n, 'name-' || n, 'arn:aws:states:us-east-1:000000000001:stateMachine:m' || n / 2 % 40, 'm', 'r', '{}',
    to_timestamp(1893456000 + n), 'user-' || n / 2 % 200, false, gen_random_uuid(), 5, 1, 0
from generate_series(0, 3999) n;
analyze workflow_ended_2030_01; analyze workflow_history_2030_01; analyze workflow_attribute_2030_01;
analyze workflow_running; analyze workflow_name;";

/// What was read of the big tables: whole scans, and rows that indexes and scans came to.
async fn read(admin: &mut PgConnection) -> (i64, i64) {
    let sql = "select sum(seq_scan)::bigint from pg_stat_user_tables \
               where relname ~ '^workflow_(ended_2030_01|history_2030_01|attribute_2030_01|running|name)$'";
    let whole = ask(admin, sql).await;
    let sql = "select sum(idx_tup_read)::bigint from pg_stat_user_indexes \
               where relname ~ '^workflow_(ended_2030_01|history_2030_01|attribute_2030_01|running|name)$'";
    (whole, ask(admin, sql).await)
}

fn machine(number: u32) -> String {
    format!("arn:aws:states:us-east-1:000000000001:stateMachine:m{number}")
}

fn attributes(value: &Value) -> serde_json::Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[tokio::test]
async fn lists_of_many_executions_read_no_more_than_they_answer() {
    everywhere(|fixture| async move {
        let mut admin = filled(&fixture).await;
        let page = ExecutionQuery { limit: PAGE as u32, ..ExecutionQuery::default() };
        let january = |day: u32| format!("2030-01-{day:02}T00:00:00Z").parse().unwrap();
        // With how many rows of indexes each may come to in a turn. Both tables are asked for a page where the status
        // does not tell which; an attribute's execution is one more; every third part of a plan may read one too many.
        let queries = [
            (page.clone(), 3 * PAGE),
            (ExecutionQuery { machine_arn: Some(machine(3)), ..page.clone() }, 3 * PAGE),
            (ExecutionQuery { started_by: Some("user-7".parse().unwrap()), ..page.clone() }, 3 * PAGE),
            (ExecutionQuery { statuses: vec![Status::Failed], ..page.clone() }, 2 * PAGE),
            (ExecutionQuery { statuses: vec![Status::Running], ..page.clone() }, 2 * PAGE),
            (
                ExecutionQuery { machine_arn: Some(machine(0)), statuses: vec![Status::Failed], ..page.clone() },
                2 * PAGE,
            ),
            (ExecutionQuery { to: Some(january(1)), from: Some(january(1)), ..page.clone() }, 8 * PAGE),
            (ExecutionQuery { name_prefix: Some("name-1234".to_owned()), ..page.clone() }, 300 * PAGE),
            (ExecutionQuery { attributes: attributes(&json!({ "customer": "c7" })), ..page.clone() }, 8 * PAGE),
            (
                ExecutionQuery { attributes: attributes(&json!({ "customer": "c8", "region": "eu" })), ..page.clone() },
                16 * PAGE,
            ),
        ];
        let url = fixture.database.url_as(TEST_APP_LOGIN, TEST_PASSWORD);
        let options = PoolOptions { connections_max: 1, ..PoolOptions::default() };
        for (query, rows_max) in queries {
            let before = read(&mut admin).await;
            let store = Postgres::connect_lazy(&url, &options).unwrap();
            for _ in 0..TURNS {
                let found = store.execution_list(&tenant("acme"), &query, &Freshness::Latest).await.unwrap();
                assert!(!found.is_empty() || query.to.is_some(), "{query:?}");
            }
            store.close().await;
            let (whole, rows) = counted(&mut admin, before).await;
            assert_eq!(whole, 0, "read as a whole: {query:?}");
            // What was found was read: without a row the counts have not come.
            assert!(rows > 0 || query.to.is_some(), "nothing was counted: {query:?}");
            assert!(rows <= TURNS * rows_max, "{} rows a turn: {query:?}", rows / TURNS);
        }
        fixture
    })
    .await;
}

/// Fills the tables, and has that counted: what makes them reads them as a whole. Another connection, to look at the counts.
async fn filled(fixture: &Fixture) -> PgConnection {
    let mut maker = fixture.admin().await;
    maker.execute(FILL).await.unwrap();
    maker.close().await.unwrap();
    let mut admin = fixture.admin().await;
    alone(&mut admin).await;
    admin
}

/// What was read since `before` by connections that are closed.
async fn counted(admin: &mut PgConnection, before: (i64, i64)) -> (i64, i64) {
    alone(admin).await;
    let found = read(admin).await;
    (found.0 - before.0, found.1 - before.1)
}

/// Waits until nobody else is connected: a server's process tells its counts now and then, and the last of them before it
/// is gone.
async fn alone(admin: &mut PgConnection) {
    let deadline = Instant::now() + COUNTED_WITHIN;
    let others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() \
                  and backend_type = 'client backend'";
    while ask::<i64>(admin, others).await > 0 {
        assert!(Instant::now() < deadline, "a closed connection is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_wake_and_a_look_at_one_execution_read_the_same_among_many() {
    everywhere(|fixture| async move {
        let mut admin = filled(&fixture).await;
        let url = fixture.database.url_as(TEST_APP_LOGIN, TEST_PASSWORD);
        let options = PoolOptions { connections_max: 1, ..PoolOptions::default() };
        let store = Postgres::connect_lazy(&url, &options).unwrap();
        let before = read(&mut admin).await;
        let machine = Machine::function();
        let at = "2030-01-02T00:00:00Z".parse().unwrap();
        let ended = ExecutionId(Uuid::from_u128((1_893_456_000_000_u128 << 80) | (7 << 76)));
        for turn in 0..TURNS {
            let id = machine.start(&store, &format!("new-{turn}"), at).await;
            let loaded = store.execution_load(&acme(), id, at).await.unwrap().unwrap();
            let answer = vec![crate::workflow_fixture::succeeded(1, 1, json!(1))];
            let change = machine.settle(loaded, answer, at);
            assert_eq!(store.execution_commit(&acme(), &change, None).await.unwrap(), Committed::Done);
            let view = store.execution_get(&acme(), ended).await.unwrap().unwrap();
            assert_eq!(store.execution_find(&acme(), &view.started.arn).await.unwrap(), Some(ended));
            assert_eq!(store.history_read(&acme(), ended, 1, 100, false).await.unwrap().len(), 1);
        }
        store.close().await;
        let (whole, rows) = counted(&mut admin, before).await;
        assert_eq!(whole, 0, "read as a whole");
        assert!(rows > 0, "nothing was counted");
        assert!(rows <= 40 * TURNS, "{} rows a turn", rows / TURNS);
        fixture
    })
    .await;
}
