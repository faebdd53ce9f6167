//! Months of executions: made ahead, filled from the default partitions, dropped when nothing of them is to be kept.

use crate::ai_fixture::ask;
use crate::fixture::{Fixture, everywhere};
use crate::workflow_fixture::{Machine, acme, load, now, succeeded};
use chrono::{DateTime, Months, TimeDelta, Utc};
use octavo_adapters_postgres::{Group, TEST_PASSWORD, ensure_login};
use octavo_domain_kernel::Outbox;
use octavo_domain_workflow::engine::ExecutionId;
use octavo_domain_workflow::engine::ports::{Committed, ExecutionReads, ExecutionStore};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

const TABLES: [&str; 3] = ["workflow_ended", "workflow_history", "workflow_attribute"];

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Begins and ends at that moment.
async fn ended_at(fixture: &Fixture, name: &str, at: DateTime<Utc>) -> ExecutionId {
    let machine = Machine::pass();
    let mut new = machine.execution(name, at);
    new.attributes = json!({ "name": name }).as_object().unwrap().clone();
    let change = machine.begin(new);
    assert_eq!(fixture.store.execution_commit(&acme(), &change, None).await.unwrap(), Committed::Done);
    change.id
}

/// Where the rows of each table are.
async fn places(admin: &mut PgConnection) -> Vec<Vec<String>> {
    let mut places = Vec::new();
    for table in TABLES {
        let key = if table == "workflow_ended" { "id" } else { "execution_id" };
        let sql = format!(
            "select coalesce(array_agg(replace(tableoid::regclass::text, '{table}_', '') order by {key}), '{{}}') \
             from {table}"
        );
        places.push(ask(admin, sql).await);
    }
    places
}

/// In all three tables alike.
fn everywhere_in(names: &[&str]) -> Vec<Vec<String>> {
    vec![names.iter().map(|name| (*name).to_owned()).collect(); TABLES.len()]
}

async fn exists(admin: &mut PgConnection, table: &str) -> bool {
    ask(admin, format!("select to_regclass('{table}') is not null")).await
}

async fn assert_secured(admin: &mut PgConnection) {
    let open: Vec<String> = ask(
        admin,
        "select coalesce(array_agg(c.relname::text), '{}') from pg_class c where c.relname like 'workflow%' \
         and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)",
    )
    .await;
    assert_eq!(open, Vec::<String>::new());
}

fn month(at: DateTime<Utc>) -> String {
    at.format("%Y_%m").to_string()
}

#[tokio::test]
async fn what_no_month_takes_is_kept_and_moved_when_its_month_is_made() {
    everywhere(|fixture| async move {
        let mut admin = fixture.admin().await;
        let mut relay = fixture.relay_connection().await;
        for months in 0..=3 {
            let name = month(now().checked_add_months(Months::new(months)).unwrap());
            for table in TABLES {
                assert!(exists(&mut admin, &format!("{table}_{name}")).await, "{table}_{name}");
            }
        }
        assert_eq!(ask::<i32>(&mut relay, "select workflow_partitions_ensure(now(), 3)").await, 0);
        let may = ended_at(&fixture, "may", moment("2040-05-15T12:00:00Z")).await;
        ended_at(&fixture, "june", moment("2040-06-15T12:00:00Z")).await;
        ended_at(&fixture, "july", moment("2040-07-01T00:00:00Z")).await;
        assert_eq!(places(&mut admin).await, everywhere_in(&["default"; 3]));
        let make = "select workflow_partitions_ensure('2040-05-01Z', 2, 0)";
        assert_eq!(ask::<i32>(&mut relay, make).await, 0, "too many wait");
        assert_secured(&mut admin).await;
        assert_eq!(ask::<i32>(&mut relay, "select workflow_partitions_ensure('2040-05-01Z', 1)").await, 6);
        assert_eq!(places(&mut admin).await, everywhere_in(&["2040_05", "2040_06", "default"]));
        assert_secured(&mut admin).await;
        let view = fixture.store.execution_get(&acme(), may).await.unwrap().unwrap();
        assert_eq!(fixture.store.execution_find(&acme(), &view.started.arn).await.unwrap(), Some(may));
        let options: bool = ask(
            &mut admin,
            "select 'autovacuum_vacuum_insert_scale_factor=0.1' = any (reloptions) from pg_class \
             where relname = 'workflow_history_2040_05'",
        )
        .await;
        assert!(options);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_month_goes_when_nothing_of_it_runs_or_ended_within_ninety_days() {
    everywhere(|fixture| async move {
        let (store, mut admin) = (&fixture.store, fixture.admin().await);
        let mut relay = fixture.relay_connection().await;
        let old = now().checked_sub_months(Months::new(6)).unwrap();
        let older = now().checked_sub_months(Months::new(7)).unwrap();
        let oldest = now().checked_sub_months(Months::new(9)).unwrap();
        for at in [old, older, oldest] {
            let sql = format!("select workflow_partitions_ensure('{}', 0)", at.to_rfc3339());
            assert_eq!(ask::<i32>(&mut relay, sql).await, 3);
        }
        let gone = ended_at(&fixture, "gone", old).await;
        // One that runs since, and one that ran for long.
        let runs = Machine::function().start(store, "runs", older).await;
        let ran = Machine::function().start(store, "ran", oldest).await;
        let ended = now() - TimeDelta::days(30);
        Machine::function().wake(store, ran, vec![succeeded(1, 1, json!(1))], ended).await;
        let gone_arn = store.execution_get(&acme(), gone).await.unwrap().unwrap().started.arn;
        // As old, of a month that nobody made.
        let lost = ended_at(&fixture, "lost", moment("2020-02-02T00:00:00Z")).await;

        for (sql, state) in [
            ("select workflow_partitions_drop(now(), 89)", "22023"),
            ("select workflow_partitions_drop(null)", "22023"),
            ("select workflow_partitions_ensure(now(), 25)", "22023"),
        ] {
            let error = relay.execute(AssertSqlSafe(sql)).await.unwrap_err();
            assert_eq!(error.into_database_error().unwrap().code().as_deref(), Some(state), "{sql}");
        }
        fixture.relay.sweep().await.unwrap();
        for (at, kept) in [(old, false), (older, true), (oldest, true)] {
            for table in TABLES {
                let name = format!("{table}_{}", month(at));
                assert_eq!(exists(&mut admin, &name).await, kept, "{name}");
            }
        }
        assert_secured(&mut admin).await;
        assert_eq!(load(store, runs, now()).await.id, runs);
        assert!(store.execution_get(&acme(), ran).await.unwrap().is_some());
        for id in [gone, lost] {
            assert_eq!(store.execution_get(&acme(), id).await.unwrap(), None);
        }
        // Names go when no month is as old any more; then nobody can say that the future has come, either.
        assert_eq!(store.execution_find(&acme(), &gone_arn).await.unwrap(), Some(gone));
        let end = Machine::function();
        end.wake(store, runs, vec![succeeded(1, 1, json!(1))], now() - TimeDelta::days(100)).await;
        admin.execute("update workflow_ended set stopped_at = now() - interval '91 days'").await.unwrap();
        let drop = "select workflow_partitions_drop('3000-01-01Z')";
        assert_eq!(ask::<i32>(&mut relay, drop).await, 2);
        for _ in 0..2 {
            fixture.relay.sweep().await.unwrap();
        }
        for table in ["workflow_name", "workflow_history", "workflow_attribute", "workflow_ended"] {
            assert_eq!(ask::<i64>(&mut admin, format!("select count(*) from {table}")).await, 0, "{table}");
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn frames_of_what_failed_are_swept_after_fifteen_days() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, Machine::fail());
        let days = |days: i64| now() - TimeDelta::days(days);
        let (early, late) =
            (machine.start(store, "early", days(16)).await, machine.start(store, "late", days(14)).await);
        fixture.relay.sweep().await.unwrap();
        assert_eq!(load(store, early, now()).await.frames, []);
        assert_eq!(load(store, late, now()).await.frames.len(), 1);
        fixture
    })
    .await;
}

#[tokio::test]
async fn an_owner_who_is_no_superuser_moves_and_drops_and_keeps_what_is_to_be_kept() {
    const OWNER: &str = "octavo_test_workflow_owner";
    everywhere(|fixture| async move {
        let mut admin = fixture.admin().await;
        ensure_login(&fixture.database.url, OWNER, TEST_PASSWORD, Group::App).await.unwrap();
        let give = format!(
            "do $$ declare one text; begin
                grant create, usage on schema public to {OWNER};
                for one in select oid::regclass::text from pg_class
                    where relname like 'workflow%' and relkind in ('r', 'p') loop
                    execute format('alter table %s owner to {OWNER}', one);
                end loop;
                for one in select oid::regprocedure::text from pg_proc where proname like 'workflow%' loop
                    execute format('alter function %s owner to {OWNER}', one);
                end loop;
            end $$"
        );
        admin.execute(AssertSqlSafe(give)).await.unwrap();
        let mut relay = fixture.relay_connection().await;
        let old = now().checked_sub_months(Months::new(6)).unwrap();
        ended_at(&fixture, "moved", old).await;
        let runs = Machine::function().start(&fixture.store, "runs", old).await;
        let make = format!("select workflow_partitions_ensure('{}', 0)", old.to_rfc3339());
        assert_eq!(ask::<i32>(&mut relay, make).await, 3);
        assert_eq!(places(&mut admin).await[0], [month(old)], "moved");
        assert_eq!(ask::<i32>(&mut relay, "select workflow_partitions_drop(now())").await, 0, "one of it runs");
        let end = now() - TimeDelta::days(91);
        Machine::function().wake(&fixture.store, runs, vec![succeeded(1, 1, json!(1))], end).await;
        assert_eq!(ask::<i32>(&mut relay, "select workflow_partitions_drop(now())").await, 1);
        assert_secured(&mut admin).await;
        fixture
    })
    .await;
}
