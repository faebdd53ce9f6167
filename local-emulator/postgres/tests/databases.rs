//! A database a test.

use local_emulator_postgres::testing;
use sqlx::{Connection, Executor, PgConnection, Row};
use std::sync::atomic::{AtomicU32, Ordering};

static SETUPS: AtomicU32 = AtomicU32::new(0);

async fn setup(url: String) -> Result<(), sqlx::Error> {
    SETUPS.fetch_add(1, Ordering::SeqCst);
    let mut connection = PgConnection::connect(&url).await?;
    connection.execute("create table note (text text)").await?;
    connection.close().await
}

#[tokio::test]
async fn each_test_has_its_own_copy_of_one_template() {
    let (one, two) = tokio::join!(testing::database("notes", setup), testing::database("notes", setup));
    assert_eq!(SETUPS.load(Ordering::SeqCst), 1);
    let mut connection = PgConnection::connect(&one.url).await.unwrap();
    connection.execute("insert into note values ('only here')").await.unwrap();
    let mut other = PgConnection::connect(&two.url).await.unwrap();
    let count: i64 = other.fetch_one("select count(*) from note").await.unwrap().get(0);
    assert_eq!(count, 0);
    // Also while somebody is connected.
    one.remove().await.unwrap();
    assert!(connection.execute("select 1").await.is_err());
}
