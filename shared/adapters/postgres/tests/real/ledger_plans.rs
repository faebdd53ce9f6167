//! What is asked of a full ledger is found by an index: the statements that the ports make, as the server counted them.

use crate::ai_fixture::{all_usage, ask, feature};
use crate::fixture::{everywhere, tenant};
use chrono::{DateTime, TimeDelta, Utc};
use octavo_adapters_postgres::{PoolOptions, Postgres, TEST_APP_LOGIN, TEST_PASSWORD};
use octavo_domain_ai::ports::{CallQuery, Ledger, UsageQuery};
use sqlx::{Executor, PgConnection};
use std::time::{Duration, Instant};

/// A connection's counts arrive when it has ended, which is a moment after it was closed.
const COUNTED_WITHIN: Duration = Duration::from_secs(60);

/// More often than the five times after which a prepared statement may get a plan for all values.
const TURNS: i64 = 7;

/// What is looked at, and how many scans of an index there are to be: four lists, two totals, a turn.
const TABLES: [(&str, i64); 2] = [("ai_call_2030_01", 4 * TURNS), ("ai_usage_day", 2 * TURNS)];

/// Rows of two tenants in January 2030: one page of the list must not read them all.
const FILL: &str = "
select ai_partitions_ensure('2030-01-01Z', 0);
insert into ai_call
select 'tenant-' || n % 2, (lpad(to_hex(1893456000000 + n * 1000), 12, '0') || lpad(to_hex(n), 20, '0'))::uuid,
    'user-' || n % 500, null, 'feature-' || n % 50, 'standard', 'openai', 'model-a', to_timestamp(1893456000 + n),
    1, 0, 0, 1, 0, true, 0.1, 0, 0, 1, 1, false, 'miss', 'answered', null, 1, '', '', 0
from generate_series(0, 39999) n;
insert into ai_usage_day
select 'tenant-' || n % 2, date '2030-01-01' + n / 2 % 365, 'openai', 'model-' || n % 3, 'chat', 'user-' || n / 730,
    '00000000-0000-0000-0000-000000000000', 1, 0, 0, 0, 1, 0, 0, 1, 0, 0.1, 0, 0
from generate_series(0, 39999) n;
analyze ai_call_2030_01;
analyze ai_usage_day;";

async fn scans(admin: &mut PgConnection, table: &str, kind: &str) -> i64 {
    ask(admin, format!("select coalesce({kind}, 0) from pg_stat_user_tables where relname = '{table}'")).await
}

/// Waits until the server has counted so many more scans of the indexes of `table` than `before`; how many it counted.
async fn index_scans(admin: &mut PgConnection, table: &str, before: i64, expected: i64) -> i64 {
    let deadline = Instant::now() + COUNTED_WITHIN;
    loop {
        let found = scans(admin, table, "idx_scan").await - before;
        if found >= expected || Instant::now() > deadline {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn lists_and_totals_of_a_full_ledger_are_found_by_an_index() {
    everywhere(|fixture| async move {
        let mut admin = fixture.admin().await;
        admin.execute(FILL).await.unwrap();
        admin
            .execute(
                "do $$ begin perform pg_stat_force_next_flush(); exception when undefined_function then null; end $$",
            )
            .await
            .unwrap();
        let mut before = Vec::new();
        for (table, expected) in TABLES {
            let counts = (scans(&mut admin, table, "idx_scan").await, scans(&mut admin, table, "seq_scan").await);
            before.push((table, expected, counts));
        }

        let url = fixture.database.url_as(TEST_APP_LOGIN, TEST_PASSWORD);
        let store =
            Postgres::connect_lazy(&url, &PoolOptions { connections_max: 1, ..PoolOptions::default() }).unwrap();
        let began: DateTime<Utc> = "2030-01-01T00:00:00Z".parse().unwrap();
        let page = CallQuery { limit: 20, ..CallQuery::default() };
        let queries = [
            page.clone(),
            CallQuery { user: Some("user-8".parse().unwrap()), ..page.clone() },
            CallQuery { feature: Some(feature("feature-4")), ..page.clone() },
            CallQuery { from: Some(began), to: Some(began + TimeDelta::minutes(1)), ..page.clone() },
        ];
        for _ in 0..TURNS {
            for query in &queries {
                let found = store.call_list(&tenant("tenant-0"), query).await.unwrap();
                assert_eq!((found.calls.len(), found.more), (20, true));
            }
            let (from, to) = (began.date_naive(), began.date_naive() + TimeDelta::days(6));
            let week = UsageQuery { from, to, by_day: true, by_model: true, ..all_usage() };
            assert!(store.usage(&tenant("tenant-0"), &week).await.unwrap().len() >= 7);
            assert!(store.spent(&tenant("tenant-0"), from, from).await.unwrap().tokens > 0);
        }
        store.close().await;

        for (table, expected, (by_index, sequential)) in before {
            assert_eq!(index_scans(&mut admin, table, by_index, expected).await, expected, "{table}: scans of an index");
            assert_eq!(scans(&mut admin, table, "seq_scan").await, sequential, "{table}: read as a whole");
        }
        // Each by its own index, and no more of it than what is answered.
        for (index, scans, read) in [("pkey", 2 * TURNS, 2 * TURNS * 130), ("tenant_user_id_id_idx", TURNS, TURNS * 21), ("tenant_feature_id_idx", TURNS, TURNS * 21)] {
            let counts = format!(
                "select array[idx_scan, idx_tup_read] from pg_stat_user_indexes where indexrelname = 'ai_call_2030_01_{index}'"
            );
            let counts: Vec<i64> = ask(&mut admin, counts).await;
            assert!(counts[0] == scans && counts[1] <= read, "{index}: {counts:?}");
        }
        fixture
    })
    .await;
}
