//! Logins: who may connect as what.

use crate::{PoolOptions, migrate};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::time::Duration;

/// The login that tests use as [`Group::App`].
pub const TEST_APP_LOGIN: &str = "octavo_test_app";
/// The login that tests use as [`Group::Relay`].
pub const TEST_RELAY_LOGIN: &str = "octavo_test_relay";
/// The password of both.
pub const TEST_PASSWORD: &str = "octavo";

/// How often a change to a role is tried, when others change roles of the same server at that moment.
const ATTEMPTS: u32 = 10;

/// The groups of the schema's roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What functions use: one tenant a transaction.
    App,
    /// What publishes and sweeps: the outbox of all tenants.
    Relay,
}

impl Group {
    fn role(self) -> &'static str {
        match self {
            Self::App => "octavo_app",
            Self::Relay => "octavo_relay",
        }
    }
}

/// Makes a login that is a member of `group` and of nothing else, or sets the password of the one that is there. The
/// server must have been migrated; `admin_url` is that of a superuser or of one with CREATEROLE.
pub async fn ensure_login(admin_url: &str, login: &str, password: &str, group: Group) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(admin_url).await?;
    let mut attempt = 1;
    let result = loop {
        match set_login(&mut connection, login, password, group).await {
            Err(error) if attempt < ATTEMPTS && is_race(&error) => attempt += 1,
            other => break other,
        }
    };
    connection.close().await?;
    result
}

/// For a test of something else than time: on a machine that does much else, what is late is not lost.
pub fn options_for_tests(connections_max: u32) -> PoolOptions {
    let patience = Duration::from_secs(60);
    PoolOptions { connections_max, acquire_timeout: patience, statement_timeout: patience, ..PoolOptions::default() }
}

/// Migrates and makes the logins of the tests.
pub async fn prepare_for_tests(admin_url: &str) -> Result<(), sqlx::migrate::MigrateError> {
    migrate(admin_url).await?;
    ensure_login(admin_url, TEST_APP_LOGIN, TEST_PASSWORD, Group::App).await?;
    ensure_login(admin_url, TEST_RELAY_LOGIN, TEST_PASSWORD, Group::Relay).await?;
    Ok(())
}

async fn set_login(
    connection: &mut PgConnection,
    login: &str,
    password: &str,
    group: Group,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let exists: bool = sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
        .bind(login)
        .fetch_one(&mut *transaction)
        .await?;
    let verb = if exists { "alter" } else { "create" };
    // A role's statements take no parameters; the server itself quotes.
    let statement: String = sqlx::query_scalar("select format($1 || ' role %I login inherit password %L', $2, $3)")
        .bind(verb)
        .bind(login)
        .bind(password)
        .fetch_one(&mut *transaction)
        .await?;
    sqlx::query(AssertSqlSafe(statement)).persistent(false).execute(&mut *transaction).await?;
    let statement: String = sqlx::query_scalar("select format('grant %I to %I', $1, $2)")
        .bind(group.role())
        .bind(login)
        .fetch_one(&mut *transaction)
        .await?;
    sqlx::query(AssertSqlSafe(statement)).persistent(false).execute(&mut *transaction).await?;
    transaction.commit().await
}

/// Another connection changed the same role at the same moment: it was made (duplicate_object, unique_violation), or its
/// row was updated, for which PostgreSQL has only internal_error.
fn is_race(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|code| matches!(code.as_ref(), "42710" | "23505" | "XX000"))
}
