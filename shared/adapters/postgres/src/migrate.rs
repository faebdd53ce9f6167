//! Brings a database to the newest schema.

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Connection, PgConnection};

/// Every migration, compiled in: the same for tests, emulator and deployment.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// Runs what has not run yet. `url` is that of the database's owner, at the server itself and not through PgBouncer; it
/// needs CREATEROLE the first time on a server. Any number may run this at once: one does it, the others wait.
pub async fn migrate(url: &str) -> Result<(), MigrateError> {
    let mut connection = PgConnection::connect(url).await?;
    let result = MIGRATOR.run(&mut connection).await;
    connection.close().await?;
    result
}
