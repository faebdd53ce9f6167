//! Of executions, too, nothing crosses a tenant, and nobody may do more than they need.

use crate::ai_fixture::ask;
use crate::fixture::{Fixture, everywhere, tenant};
use crate::workflow_fixture::{Machine, acme, load, now, token_of};
use chrono::TimeDelta;
use octavo_domain_kernel::PortErrorKind;
use octavo_domain_workflow::engine::ports::{Committed, ExecutionQuery, ExecutionReads, ExecutionStore, Freshness};
use octavo_domain_workflow::engine::{ExecutionId, MapRunStart, Posted};
use octavo_domain_workflow::machine::Event;
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

const TABLES: [&str; 10] = [
    "workflow_running",
    "workflow_ended",
    "workflow_history",
    "workflow_attribute",
    "workflow_name",
    "workflow_frame",
    "workflow_task",
    "workflow_signal",
    "workflow_map_run",
    "workflow_dead",
];

/// A row of acme's in every table; one that runs, and its token.
async fn fill(fixture: &Fixture) -> (ExecutionId, String) {
    let store = &fixture.store;
    let machine = Machine::token();
    let mut new = machine.execution("one", now());
    new.attributes = json!({ "customer": "secret" }).as_object().unwrap().clone();
    let mut change = machine.begin(new);
    change.runs = vec![MapRunStart {
        arn: "arn:run".to_owned(),
        frame: 1,
        max_concurrency: 1,
        tolerated_count: None,
        tolerated_percentage: None,
    }];
    assert_eq!(store.execution_commit(&acme(), &change, None).await.unwrap(), Committed::Done);
    Machine::pass().start(store, "two", now()).await;
    let dead = Machine::wait().start(store, "three", now()).await;
    store.execution_bury(&acme(), dead, "broken", now()).await.unwrap();
    (change.id, token_of(&change.tasks[0]).to_owned())
}

async fn refusal(connection: &mut PgConnection, sql: &str) -> String {
    let error = connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap_err();
    error.into_database_error().unwrap().code().unwrap().into_owned()
}

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    ask(connection, format!("select count(*) from {table}")).await
}

#[tokio::test]
async fn without_a_tenant_or_with_another_nothing_is_seen_or_changed() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let mut admin = fixture.admin().await;
        for table in TABLES {
            assert!(count(&mut admin, table).await > 0, "{table} must hold something for this to prove anything");
        }
        let mut app = fixture.app().await;
        for begin in ["begin", "begin; set local octavo.tenant = 'globex'", "begin; set local octavo.tenant = ''"] {
            app.execute(begin).await.unwrap();
            for table in TABLES {
                assert_eq!(count(&mut app, table).await, 0, "{table} after {begin}");
            }
            for sql in [
                "update workflow_running set status = 'ABORTED'",
                "delete from workflow_running",
                "delete from workflow_ended",
                "delete from workflow_attribute",
                "update workflow_name set execution_id = gen_random_uuid()",
                "update workflow_frame set body = ''",
                "delete from workflow_task",
                "update workflow_signal set event = ''",
                "update workflow_map_run set status = ''",
                "delete from workflow_dead",
            ] {
                assert_eq!(app.execute(sql).await.unwrap().rows_affected(), 0, "{sql} after {begin}");
            }
            app.execute("rollback").await.unwrap();
        }
        for sql in [
            "insert into workflow_history values ('acme', gen_random_uuid(), 1, 1, '[]', null)",
            "insert into workflow_name values ('acme', 'arn:x', gen_random_uuid())",
            "insert into workflow_attribute values ('acme', 'a', '1', gen_random_uuid())",
            "insert into workflow_frame values ('acme', gen_random_uuid(), 1, '{}')",
            "insert into workflow_dead values ('acme', gen_random_uuid(), 'x', now())",
            "insert into workflow_signal values \
             ('acme', gen_random_uuid(), gen_random_uuid(), now(), 1, 1, 'other', '{}', now())",
            "insert into workflow_task (tenant, execution_id, frame_id, turn, body, made_at) \
             values ('acme', gen_random_uuid(), 1, 1, '{}', now())",
        ] {
            app.execute("begin; set local octavo.tenant = 'globex'").await.unwrap();
            assert_eq!(refusal(&mut app, sql).await, "42501", "{sql}");
            app.execute("rollback").await.unwrap();
        }
        // What is written once is never written again, and partitions are reached through their tables alone.
        for sql in [
            "update workflow_history set body = ''",
            "delete from workflow_history",
            "update workflow_ended set status = 'SUCCEEDED'",
            "select * from workflow_ended_default",
            "delete from workflow_name",
            "select workflow_partitions_drop(now())",
            "select workflow_partitions_ensure(now(), 1)",
            "truncate workflow_signal",
        ] {
            app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
            assert_eq!(refusal(&mut app, sql).await, "42501", "{sql}");
            app.execute("rollback").await.unwrap();
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_relay_learns_whose_work_is_due_and_nothing_of_what_is_in_it() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let mut relay = fixture.relay_connection().await;
        for sql in [
            "select body from workflow_task",
            "select token_hash from workflow_task",
            "select event from workflow_signal",
            "select input from workflow_running",
            "select arn from workflow_ended",
            "select body from workflow_frame",
            "select body from workflow_history",
            "select * from workflow_dead",
            "update workflow_task set body = ''",
            "update workflow_signal set event = ''",
            "delete from workflow_running",
            "insert into workflow_signal values \
             ('acme', gen_random_uuid(), gen_random_uuid(), now(), 1, 1, 'other', '{}', now())",
        ] {
            assert_eq!(refusal(&mut relay, sql).await, "42501", "{sql}");
        }
        // What is not over it cannot delete.
        for table in [
            "workflow_ended",
            "workflow_history",
            "workflow_attribute",
            "workflow_name",
            "workflow_map_run",
            "workflow_frame",
        ] {
            let deleted = relay.execute(AssertSqlSafe(format!("delete from {table}"))).await.unwrap();
            assert_eq!(deleted.rows_affected(), 0, "{table}");
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_ports_show_and_take_nothing_of_another_tenant() {
    everywhere(|fixture| async move {
        let (id, token) = fill(&fixture).await;
        let (store, globex) = (&fixture.store, &tenant("globex"));
        let later = now() + TimeDelta::seconds(500);
        assert_eq!(store.execution_load(globex, id, later).await.unwrap(), None);
        assert_eq!(store.execution_get(globex, id).await.unwrap(), None);
        let arn = store.execution_get(&acme(), id).await.unwrap().unwrap().started.arn;
        assert_eq!(store.execution_find(globex, &arn).await.unwrap(), None);
        assert_eq!(store.tasks_claim(globex, id, "w", later, later, 9).await.unwrap(), []);
        assert_eq!(store.tasks_renew(globex, "w", &[(id, 1, 1)], later).await.unwrap(), []);
        store.tasks_release(globex, id, "w", &[(1, 1)]).await.unwrap();
        assert_eq!(store.tasks_waiting(globex, id).await.unwrap(), []);
        assert_eq!(store.signals_waiting(globex, id).await.unwrap(), []);
        store.execution_bury(globex, id, "x", now()).await.unwrap();
        let kept = crate::workflow_fixture::kept(now(), Event::Timer);
        store.signals_post(globex, &[Posted { to: id, kept }]).await.unwrap();
        assert_eq!(load(store, id, now()).await.due, []);
        let change = Machine::token().settle(load(store, id, now()).await, Vec::new(), now());
        assert_eq!(store.execution_commit(globex, &change, None).await.unwrap(), Committed::Stale);
        let page = ExecutionQuery { limit: 10, ..ExecutionQuery::default() };
        let attributes = json!({ "customer": "secret" }).as_object().unwrap().clone();
        for query in [page.clone(), ExecutionQuery { attributes, ..page }] {
            assert_eq!(store.execution_list(globex, &query, &Freshness::Latest).await.unwrap(), []);
            let counts = store.execution_counts(globex, &query, &Freshness::Latest).await.unwrap();
            assert!(counts.iter().all(|(_, count)| *count == 0));
        }
        assert_eq!(load(store, id, now()).await.seq, 1);
        // An id that is another tenant's already is two executions.
        let theirs = Machine::token().begin(Machine::token().execution("theirs", now()));
        assert_eq!(store.execution_commit(&acme(), &theirs, None).await.unwrap(), Committed::Done);
        // A token that is in use, however improbable, is refused and not shared.
        let mut copy = Machine::token().begin(Machine::token().execution("copy", now()));
        if let octavo_domain_workflow::engine::Work::Do(order) = &mut copy.tasks[0].work {
            order.token = token;
        }
        let refused = store.execution_commit(globex, &copy, None).await.unwrap_err();
        assert_eq!(refused.kind, PortErrorKind::Conflict);
        fixture
    })
    .await;
}
