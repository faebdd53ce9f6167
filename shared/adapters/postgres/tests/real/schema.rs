//! What every migration must keep to.

use local_emulator_postgres::testing;
use octavo_adapters_postgres::{Group, MIGRATOR, ensure_login, migrate, prepare_for_tests};
use sqlx::{Connection, Executor, PgConnection, Row};

#[tokio::test]
async fn migrations_run_twice_and_at_once() {
    let database = testing::empty_database().await;
    let (one, two) = tokio::join!(migrate(&database.url), migrate(&database.url));
    one.unwrap();
    two.unwrap();
    migrate(&database.url).await.unwrap();
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let count: i64 = connection.fetch_one("select count(*) from _sqlx_migrations where success").await.unwrap().get(0);
    assert_eq!(count as usize, MIGRATOR.iter().count());
}

#[tokio::test]
async fn logins_are_made_once_and_may_be_made_at_once() {
    let database = testing::empty_database().await;
    migrate(&database.url).await.unwrap();
    let logins = (0..6).map(|_| ensure_login(&database.url, "octavo_test_many", "it's", Group::App));
    for result in futures::future::join_all(logins).await {
        result.unwrap();
    }
    PgConnection::connect(&database.url_as("octavo_test_many", "it's")).await.unwrap().close().await.unwrap();
}

#[tokio::test]
async fn every_table_has_a_tenant_and_forced_row_security() {
    let database = testing::database("octavo", |url| async move { prepare_for_tests(&url).await }).await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let rows = connection
        .fetch_all(
            "select c.relname, c.relrowsecurity and c.relforcerowsecurity, \
                 exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'own_tenant'), \
                 exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant' and a.attnotnull) \
             from pg_class c join pg_namespace n on n.oid = c.relnamespace \
             where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relname <> '_sqlx_migrations'",
        )
        .await
        .unwrap();
    assert!(rows.len() >= 7);
    for row in rows {
        let table: String = row.get(0);
        assert!(row.get::<bool, _>(1), "{table}: row-level security must be enabled and forced");
        assert!(row.get::<bool, _>(2), "{table}: no policy own_tenant");
        assert!(row.get::<bool, _>(3), "{table}: no column tenant not null");
    }
}

#[tokio::test]
async fn the_groups_cannot_log_in_or_pass_over_row_security() {
    let database = testing::database("octavo", |url| async move { prepare_for_tests(&url).await }).await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let rows = connection
        .fetch_all("select rolcanlogin or rolsuper or rolbypassrls from pg_roles where rolname in ('octavo_app', 'octavo_relay')")
        .await
        .unwrap();
    assert_eq!(rows.iter().map(|row| row.get::<bool, _>(0)).collect::<Vec<_>>(), [false, false]);
}
