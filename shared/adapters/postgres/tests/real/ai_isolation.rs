//! Of the AI gateway's tables, too, nothing crosses a tenant, and nobody may do more than they need.

use crate::ai_fixture::{all_usage, ask, call};
use crate::fixture::{Fixture, at, everywhere, tenant};
use octavo_domain_ai::limits::Policy;
use octavo_domain_ai::ports::{
    AlertStore, ApiKey, ApiKeyStore, BudgetAlert, CallQuery, Ledger, PolicyStore, ProviderKey, ProviderKeyStore, Spent,
    StoredPolicy, TranscriptStore, UsageRow,
};
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use uuid::Uuid;

const TABLES: [&str; 8] = [
    "ai_call",
    "ai_usage_day",
    "ai_policy",
    "ai_policy_history",
    "api_key",
    "ai_provider_key",
    "ai_alert",
    "ai_transcript",
];

/// A row of acme's in every table.
async fn fill(fixture: &Fixture) {
    let (store, acme) = (&fixture.store, tenant("acme"));
    store.call_insert(&acme, &[call("acme", 0, 1)]).await.unwrap();
    let by = || "ada".parse().unwrap();
    let policy =
        StoredPolicy { revision: 1, policy: Policy::default(), updated_at: Some(at(0)), updated_by: Some(by()) };
    store.policy_put(&acme, &policy, 0).await.unwrap();
    let key = ApiKey {
        id: Uuid::from_u128(1),
        tenant: acme.clone(),
        user: by(),
        name: "Key".to_owned(),
        secret_hash: vec![1; 32],
        hint: "wxyz".to_owned(),
        groups: [].into(),
        roles: [].into(),
        created_at: at(0),
        expires_at: None,
        revoked_at: None,
    };
    store.api_key_insert(&key).await.unwrap();
    let sealed = ProviderKey {
        provider: "openai".to_owned(),
        sealed: b"sealed"[..].into(),
        hint: "wxyz".to_owned(),
        updated_at: at(0),
        updated_by: by(),
    };
    store.provider_key_put(&acme, &sealed).await.unwrap();
    let alert = BudgetAlert {
        id: Uuid::from_u128(2),
        at: at(0),
        budget: "day:2026-01-01".to_owned(),
        percent: 50,
        tokens: 1,
        tokens_max: None,
        nanodollars: 1,
        nanodollars_max: None,
    };
    store.alert_insert(&acme, &alert).await.unwrap();
    store.transcript_put(&acme, Uuid::from_u128(3), b"sealed").await.unwrap();
}

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    ask(connection, format!("select count(*) from {table}")).await
}

async fn refusal(connection: &mut PgConnection, sql: &str) -> String {
    let error = connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap_err();
    error.into_database_error().unwrap().code().unwrap().into_owned()
}

#[tokio::test]
async fn without_a_tenant_or_with_another_nothing_is_seen_or_changed() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let mut admin = fixture.admin().await;
        let mut app = fixture.app().await;
        for table in TABLES {
            assert_eq!(count(&mut admin, table).await, 1, "{table} must hold something for this to prove anything");
        }
        for begin in ["begin", "begin; set local octavo.tenant = 'globex'", "begin; set local octavo.tenant = ''"] {
            app.execute(begin).await.unwrap();
            for table in TABLES {
                assert_eq!(count(&mut app, table).await, 0, "{table} after {begin}");
            }
            for sql in [
                "update ai_usage_day set cost = 0",
                "update ai_policy set revision = 9",
                "delete from ai_policy_history",
                "update api_key set revoked_at = null",
                "delete from api_key",
                "update ai_provider_key set sealed = ''",
                "delete from ai_provider_key",
            ] {
                assert_eq!(app.execute(sql).await.unwrap().rows_affected(), 0, "{sql} after {begin}");
            }
            app.execute("rollback").await.unwrap();
        }
        app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
        for table in TABLES {
            assert_eq!(count(&mut app, table).await, 1, "{table}");
        }
        app.execute("commit").await.unwrap();
        fixture
    })
    .await;
}

#[tokio::test]
async fn nothing_is_written_into_another_tenant() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        // A row that is good in every way but for its tenant: acme's own, under another key.
        let mut admin = fixture.admin().await;
        let mut app = fixture.app().await;
        for (table, key) in [
            ("ai_call", "id"),
            ("ai_usage_day", "key_id"),
            ("ai_policy", ""),
            ("ai_policy_history", "revision"),
            ("api_key", "id"),
            ("ai_provider_key", "provider"),
            ("ai_alert", "percent"),
            ("ai_transcript", "call_id"),
        ] {
            let other = "case key when 'id' then gen_random_uuid()::text when 'call_id' then gen_random_uuid()::text when 'key_id' then gen_random_uuid()::text \
                 else '77' end";
            let row: String = ask(
                &mut admin,
                format!(
                    "select (to_jsonb(t) || case when key = '' then '{{}}'::jsonb else jsonb_build_object(key, {other}) \
                     end)::text from {table} t, (values ('{key}')) k (key)"
                ),
            )
            .await;
            app.execute("begin; set local octavo.tenant = 'globex'").await.unwrap();
            let sql = format!("insert into {table} select * from jsonb_populate_record(null::{table}, $row${row}$row$)");
            assert_eq!(refusal(&mut app, &sql).await, "42501", "{sql}");
            app.execute("rollback").await.unwrap();
            // The same row is taken where it belongs, so that it was the tenant that was refused.
            app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
            if !key.is_empty() {
                app.execute(AssertSqlSafe(sql)).await.unwrap();
            }
            app.execute("rollback").await.unwrap();
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_groups_may_do_no_more_than_they_need() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let mut app = fixture.app().await;
        for sql in [
            "update ai_call set cost = 0",
            "delete from ai_call",
            "delete from ai_usage_day",
            "delete from ai_policy",
            "update ai_policy_history set policy = '{}'",
            "update api_key set secret_hash = ''",
            "select * from ai_call_default",
            "insert into ai_call_default select * from ai_call",
            "select ai_partitions_ensure(now(), 1)",
            "select ai_partitions_drop(now())",
            "drop table ai_call_default",
            "alter table ai_call no force row level security",
        ] {
            app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
            assert_eq!(refusal(&mut app, sql).await, "42501", "{sql}");
            app.execute("rollback").await.unwrap();
        }
        let mut relay = fixture.relay_connection().await;
        // What ends by its age the relay may delete then, and sees nothing of before.
        for table in ["ai_alert", "ai_transcript"] {
            assert_eq!(count(&mut relay, table).await, 0, "{table}");
            let deleted = relay.execute(AssertSqlSafe(format!("delete from {table}"))).await.unwrap();
            assert_eq!(deleted.rows_affected(), 0, "{table}");
        }
        for table in TABLES.into_iter().filter(|table| !matches!(*table, "ai_alert" | "ai_transcript")) {
            for sql in [format!("select * from {table}"), format!("delete from {table}")] {
                assert_eq!(refusal(&mut relay, &sql).await, "42501", "{sql}");
            }
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_ledger_keeps_two_tenants_with_equal_ids_apart() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let (store, globex) = (&fixture.store, tenant("globex"));
        let (day, list) = (at(0).date_naive(), CallQuery { limit: 10, ..CallQuery::default() });
        assert_eq!(store.call_list(&globex, &list).await.unwrap().calls, []);
        assert_eq!(store.usage(&globex, &all_usage()).await.unwrap(), [UsageRow::default()]);
        assert_eq!(store.spent(&globex, day, day).await.unwrap(), Spent::default());
        assert_eq!(store.policy_get(&globex).await.unwrap(), None);
        // The same id is another call in another tenant.
        assert_eq!(store.call_insert(&globex, &[call("globex", 0, 1)]).await.unwrap(), [true]);
        for name in ["acme", "globex"] {
            assert_eq!(store.call_list(&tenant(name), &list).await.unwrap().calls, [call(name, 0, 1)]);
            assert_eq!(store.spent(&tenant(name), day, day).await.unwrap().tokens, 120);
        }
        fixture
    })
    .await;
}
