//! Months of the ledger: made ahead, filled from the default partition, dropped.

use crate::ai_fixture::{all_usage, ask, call_at, dollars};
use crate::fixture::{Fixture, everywhere, tenant};
use futures::future::join_all;
use octavo_adapters_postgres::{Group, PoolOptions, Relay, TEST_PASSWORD, TEST_RELAY_LOGIN, ensure_login};
use octavo_domain_ai::Call;
use octavo_domain_ai::ports::Ledger;
use octavo_domain_kernel::Outbox;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};
use uuid::Uuid;

/// A call of the middle of a month.
fn of_month(month: &str, n: u64) -> Call {
    call_at("acme", format!("{month}-15T12:00:00Z").parse().unwrap(), n)
}

/// Which partition holds each call, by its number.
async fn places(admin: &mut PgConnection) -> Vec<String> {
    ask(admin, "select array_agg(tableoid::regclass::text order by id) from ai_call").await
}

async fn exists(admin: &mut PgConnection, table: &str) -> bool {
    ask(admin, format!("select to_regclass('{table}') is not null")).await
}

/// A month's partition, so many months from now.
async fn month_from_now(admin: &mut PgConnection, months: i32) -> String {
    let sql = format!("select to_char(now() at time zone 'UTC' + interval '{months} months', '\"ai_call_\"YYYY_MM')");
    ask(admin, sql).await
}

/// Every partition is as the rules of the schema want it, also after it was opened to be moved.
async fn assert_secured(admin: &mut PgConnection) {
    let open: Vec<String> = ask(
        admin,
        "select coalesce(array_agg(c.relname::text), '{}') from pg_class c where c.relname like 'ai\\_call%' \
         and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)",
    )
    .await;
    assert_eq!(open, Vec::<String>::new());
}

async fn refusal(connection: &mut PgConnection, sql: &str) -> String {
    let error = connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap_err();
    error.into_database_error().unwrap().code().unwrap().into_owned()
}

#[tokio::test]
async fn the_migration_made_this_month_and_three_more() {
    everywhere(|fixture| async move {
        let mut admin = fixture.admin().await;
        for months in 0..=3 {
            let name = month_from_now(&mut admin, months).await;
            assert!(exists(&mut admin, &name).await, "{name}");
        }
        let mut relay = fixture.relay_connection().await;
        assert_eq!(ask::<i32>(&mut relay, "select ai_partitions_ensure(now(), 3)").await, 0);
        assert_eq!(ask::<i32>(&mut relay, "select ai_partitions_ensure('2031-11-30T23:59:59Z', 2)").await, 3);
        for name in ["ai_call_2031_11", "ai_call_2031_12", "ai_call_2032_01"] {
            assert!(exists(&mut admin, name).await, "{name}");
        }
        assert_secured(&mut admin).await;
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_no_month_takes_is_kept_and_moved_when_its_month_is_made() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let mut admin = fixture.admin().await;
        let mut relay = fixture.relay_connection().await;
        let calls = [
            Call { id: Uuid::from_u128(1), ..of_month("2026-11", 0) },
            of_month("2040-05", 1),
            of_month("2040-06", 2),
            of_month("2040-07", 3),
        ];
        assert_eq!(store.call_insert(&acme, &calls).await.unwrap(), [true; 4]);
        assert_eq!(places(&mut admin).await, ["ai_call_default"; 4]);

        assert_eq!(ask::<i32>(&mut relay, "select ai_partitions_ensure('2040-05-01Z', 1)").await, 2);
        let moved = ["ai_call_default", "ai_call_2040_05", "ai_call_2040_06", "ai_call_default"];
        assert_eq!(places(&mut admin).await, moved);
        assert_secured(&mut admin).await;

        // Written once is still written once, and everybody still sees what they saw.
        let mut again = calls.to_vec();
        again.push(of_month("2040-06", 4));
        assert_eq!(store.call_insert(&acme, &again).await.unwrap(), [false, false, false, false, true]);
        let total = &store.usage(&acme, &all_usage()).await.unwrap()[0];
        assert_eq!((total.calls, total.cost), (5, dollars("0.006")));
        assert_eq!(ask::<i64>(&mut fixture.app().await, "select count(*) from ai_call").await, 0);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_month_of_which_too_much_waits_does_not_hold_up_the_others() {
    everywhere(|fixture| async move {
        let mut admin = fixture.admin().await;
        let mut relay = fixture.relay_connection().await;
        let calls = [of_month("2040-05", 1), of_month("2040-05", 2), of_month("2040-06", 3)];
        fixture.store.call_insert(&tenant("acme"), &calls).await.unwrap();
        assert_eq!(ask::<i32>(&mut relay, "select ai_partitions_ensure('2040-05-01Z', 2, 1)").await, 2);
        assert_eq!(places(&mut admin).await, ["ai_call_default", "ai_call_default", "ai_call_2040_06"]);
        assert_secured(&mut admin).await;
        let more = [of_month("2040-05", 4), of_month("2040-07", 5)];
        assert_eq!(fixture.store.call_insert(&tenant("acme"), &more).await.unwrap(), [true, true]);

        assert_eq!(ask::<i32>(&mut relay, "select ai_partitions_ensure('2040-05-01Z', 2, 3)").await, 1);
        let all = ["ai_call_2040_05", "ai_call_2040_05", "ai_call_2040_05", "ai_call_2040_06", "ai_call_2040_07"];
        assert_eq!(places(&mut admin).await, all);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_make_months_while_many_write_into_them() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, &tenant("acme"));
        let makers = join_all((0..6).map(|_| async {
            let mut relay = fixture.relay_connection().await;
            loop {
                match relay.fetch_one("select ai_partitions_ensure('2040-01-01Z', 3)").await {
                    Ok(row) => break row.get::<i32, _>(0),
                    // It waits for others for a second only; on a busy machine they may take longer.
                    Err(error) => assert_eq!(error.into_database_error().unwrap().code().as_deref(), Some("55P03")),
                }
            }
        }));
        let writers = join_all((0..8_u64).map(|writer| async move {
            for turn in 0..10_u64 {
                let calls = (1..=4)
                    .map(|month| of_month(&format!("2040-{month:02}"), writer << 32 | turn << 16 | month))
                    .collect::<Vec<_>>();
                assert_eq!(store.call_insert(acme, &calls).await.unwrap(), [true; 4]);
            }
        }));
        let (made, _) = tokio::join!(makers, writers);
        assert_eq!(made.iter().sum::<i32>(), 4, "{made:?}");
        let mut admin = fixture.admin().await;
        for month in 1..=4 {
            let sql = format!("select count(*) from ai_call_2040_{month:02}");
            assert_eq!(ask::<i64>(&mut admin, sql).await, 80);
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn months_are_dropped_when_all_of_them_is_too_old() {
    everywhere(|fixture| async move {
        let mut admin = fixture.admin().await;
        let mut relay = fixture.relay_connection().await;
        for months in [13, 12] {
            let sql = format!("select ai_partitions_ensure(now() - interval '{months} months', 0)");
            assert_eq!(ask::<i32>(&mut relay, sql).await, 1);
        }
        let (over, kept) = (month_from_now(&mut admin, -13).await, month_from_now(&mut admin, -12).await);
        let this = month_from_now(&mut admin, 0).await;
        assert_eq!(ask::<i32>(&mut relay, "select ai_partitions_drop(now())").await, 0, "84 months are the default");
        assert_eq!(ask::<i32>(&mut relay, "select ai_partitions_drop('3000-01-01Z', 12)").await, 1, "that is now");
        assert!(!exists(&mut admin, &over).await);
        assert!(exists(&mut admin, &kept).await && exists(&mut admin, &this).await);
        for sql in [
            "select ai_partitions_drop(now(), 11)",
            "select ai_partitions_drop(now(), null)",
            "select ai_partitions_ensure(now(), 25)",
            "select ai_partitions_ensure(now(), -1)",
        ] {
            assert_eq!(refusal(&mut relay, sql).await, "22023", "{sql}");
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_sweep_makes_and_drops_months_once_a_day() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let mut admin = fixture.admin().await;
        let next = month_from_now(&mut admin, 1).await;
        admin.execute(AssertSqlSafe(format!("drop table {next}"))).await.unwrap();
        let _: i32 = ask(&mut admin, "select ai_partitions_ensure('2015-03-01Z', 0)").await;
        // The second is as old, of a month that nobody made.
        let calls = [of_month("2014-12", 1), of_month("2015-03", 2), of_month("2099-01", 3)];
        store.call_insert(&acme, &calls).await.unwrap();

        assert_eq!(fixture.relay.sweep().await.unwrap(), 0);
        assert!(exists(&mut admin, &next).await);
        assert!(!exists(&mut admin, "ai_call_2015_03").await);
        assert_eq!(places(&mut admin).await, ["ai_call_default"]);
        assert_secured(&mut admin).await;
        let total = &store.usage(&acme, &all_usage()).await.unwrap()[0];
        assert_eq!(total.calls, 3, "totals are kept");

        // Not looked at again by this process, nor by a clone; by another one it is.
        admin.execute(AssertSqlSafe(format!("drop table {next}"))).await.unwrap();
        fixture.relay.sweep().await.unwrap();
        fixture.relay.clone().sweep().await.unwrap();
        assert!(!exists(&mut admin, &next).await);
        let url = fixture.database.url_as(TEST_RELAY_LOGIN, TEST_PASSWORD);
        let other = Relay::connect_lazy(&url, &PoolOptions::default()).unwrap();
        other.sweep().await.unwrap();
        other.close().await;
        assert!(exists(&mut admin, &next).await);
        fixture
    })
    .await;
}

/// Gives the ledger to a login that forced row-level security binds, as in production.
async fn give_away(fixture: &Fixture, admin: &mut PgConnection) {
    const OWNER: &str = "octavo_test_owner";
    ensure_login(&fixture.database.url, OWNER, TEST_PASSWORD, Group::App).await.unwrap();
    admin.execute(AssertSqlSafe(format!("grant create, usage on schema public to {OWNER}"))).await.unwrap();
    let tables: Vec<String> = ask(
        admin,
        "select array_agg(relname::text) from pg_class where relname ~ '^ai_call(_default|_\\d{4}_\\d{2})?$'",
    )
    .await;
    for table in tables {
        admin.execute(AssertSqlSafe(format!("alter table {table} owner to {OWNER}"))).await.unwrap();
    }
    for function in [
        "ai_partitions_ensure(timestamptz, integer, integer)",
        "ai_partitions_drop(timestamptz, integer)",
        "ai_call_border(timestamptz)",
    ] {
        admin.execute(AssertSqlSafe(format!("alter function {function} owner to {OWNER}"))).await.unwrap();
    }
}

#[tokio::test]
async fn an_owner_who_is_no_superuser_moves_and_drops_rows_of_all_tenants() {
    everywhere(|fixture| async move {
        let mut admin = fixture.admin().await;
        give_away(&fixture, &mut admin).await;
        let theirs = Call { tenant: tenant("globex"), ..of_month("2040-05", 2) };
        fixture.store.call_insert(&tenant("acme"), &[of_month("2040-05", 1), of_month("2001-01", 3)]).await.unwrap();
        fixture.store.call_insert(&tenant("globex"), &[theirs]).await.unwrap();
        let mut relay = fixture.relay_connection().await;
        assert_eq!(ask::<i32>(&mut relay, "select ai_partitions_ensure('2040-05-01Z', 0)").await, 1);
        assert_eq!(ask::<i32>(&mut relay, "select ai_partitions_drop(now())").await, 0);
        assert_eq!(places(&mut admin).await, ["ai_call_2040_05"; 2], "moved, and the oldest deleted");
        assert_secured(&mut admin).await;
        fixture
    })
    .await;
}
