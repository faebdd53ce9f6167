//! Nothing crosses a tenant, whatever statement is made.

use crate::fixture::{at, create, creation, document, everywhere, grant, id, message, record, tenant, update};
use octavo_domain_documents::{CommitError, DocumentStore, ListOrder, ListQuery, Role};
use octavo_domain_search::SearchStateStore;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};

const TABLES: [&str; 7] =
    ["document", "document_version", "document_grant", "idempotency", "outbox", "search_generation", "search_hidden"];

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    connection.fetch_one(AssertSqlSafe(format!("select count(*) from {table}"))).await.unwrap().get(0)
}

/// The SQLSTATE of a refusal.
async fn refusal(connection: &mut PgConnection, sql: &'static str) -> String {
    let error = connection.execute(sql).await.unwrap_err();
    error.into_database_error().unwrap().code().unwrap().into_owned()
}

async fn fill(store: &octavo_adapters_postgres::Postgres) {
    let mut made = creation(document("acme", 1, "Secret"));
    made.document.grants = vec![grant("user:grace", Role::Viewer)];
    made.outbox = vec![message("acme", 1)];
    made.idempotency = Some(record("key", "hash", at(100)));
    store.document_commit(&made).await.unwrap();
    let mut unshared = update(&made.document, |_| ());
    unshared.hidden_from = vec!["user:alan".parse().unwrap()];
    store.document_commit(&unshared).await.unwrap();
}

#[tokio::test]
async fn without_a_tenant_or_with_another_nothing_is_seen_or_changed() {
    everywhere(|fixture| async move {
        fill(&fixture.store).await;
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
                "update document set title = 'mine'",
                "update document_grant set role = 'editor'",
                "delete from document_grant",
                "delete from document_version",
                "update idempotency set status = 500",
                "delete from outbox",
                "update search_generation set generation = 0",
                "update search_hidden set expires_at = now()",
            ] {
                assert_eq!(app.execute(sql).await.unwrap().rows_affected(), 0, "{sql} after {begin}");
            }
            app.execute("rollback").await.unwrap();
        }
        // The setting ends with its transaction, also on a connection that is used again.
        app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
        assert_eq!(count(&mut app, "document").await, 1);
        app.execute("commit").await.unwrap();
        assert_eq!(count(&mut app, "document").await, 0);
        fixture
    })
    .await;
}

#[tokio::test]
async fn nothing_is_written_into_another_tenant() {
    everywhere(|fixture| async move {
        create(&fixture.store, document("acme", 1, "Secret")).await;
        let mut app = fixture.app().await;
        for sql in [
            "insert into search_generation (tenant, generation, changed_at) values ('acme', 1, now())",
            "insert into outbox (id, tenant, queue, message) values (gen_random_uuid(), 'acme', 'index', '{}')",
            "insert into document_grant (tenant, document_id, reader, role, granted_by, granted_at) values \
             ('acme', '00000000-0000-0000-0000-000000000001', 'user:mallory', 'editor', 'mallory', now())",
        ] {
            app.execute("begin; set local octavo.tenant = 'globex'").await.unwrap();
            assert_eq!(refusal(&mut app, sql).await, "42501", "{sql}");
            app.execute("rollback").await.unwrap();
        }
        // Nor moved there.
        create(&fixture.store, document("globex", 2, "Mine")).await;
        app.execute("begin; set local octavo.tenant = 'globex'").await.unwrap();
        assert_eq!(refusal(&mut app, "update document set tenant = 'acme'").await, "42501");
        app.execute("rollback").await.unwrap();
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_groups_may_do_no_more_than_they_need() {
    everywhere(|fixture| async move {
        fill(&fixture.store).await;
        let mut app = fixture.app().await;
        for sql in [
            "delete from document",
            "truncate outbox",
            "drop table document",
            "create table x (y int)",
            "alter table document disable row level security",
            "set role octavo_relay",
            "delete from idempotency",
        ] {
            app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
            assert_eq!(refusal(&mut app, sql).await, "42501", "{sql}");
            app.execute("rollback").await.unwrap();
        }
        let mut relay = fixture.relay_connection().await;
        assert_eq!(count(&mut relay, "outbox").await, 1);
        assert_eq!(count(&mut relay, "search_hidden").await, 0, "it has not expired");
        for sql in [
            "select * from document",
            "select * from document_grant",
            "update outbox set message = '{}'",
            "insert into outbox (id, tenant, queue, message) values (gen_random_uuid(), 'acme', 'index', '{}')",
        ] {
            assert_eq!(refusal(&mut relay, sql).await, "42501", "{sql}");
        }
        relay.close().await.unwrap();
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_ports_keep_two_tenants_with_equal_ids_apart() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let (acme, globex) = (tenant("acme"), tenant("globex"));
        let mut made = creation(document("acme", 1, "Acme's"));
        made.idempotency = Some(record("key", "hash", at(100)));
        store.document_commit(&made).await.unwrap();
        let key = made.idempotency.clone().unwrap().key;

        assert_eq!(store.document_get(&globex, id(1)).await.unwrap(), None);
        assert_eq!(store.document_versions(&globex, id(1), None, 10).await.unwrap(), []);
        assert_eq!(store.document_version_get(&globex, id(1), 1).await.unwrap(), None);
        assert_eq!(store.idempotency_get(&globex, &key, at(0)).await.unwrap(), None);
        let foreign = update(&document("globex", 1, "Taken over"), |_| ());
        let error = store.document_commit(&foreign).await.unwrap_err();
        assert!(matches!(error, CommitError::Stale { current: None }), "{error:?}");

        // The same id and the same key are free in another tenant.
        let mut theirs = creation(document("globex", 1, "Globex's"));
        theirs.idempotency = made.idempotency.clone();
        theirs.outbox = vec![message("globex", 5)];
        theirs.hidden_from = vec!["user:ada".parse().unwrap()];
        store.document_commit(&theirs).await.unwrap();
        assert_eq!(store.document_get(&acme, id(1)).await.unwrap().unwrap().title, "Acme's");
        assert_eq!(store.search_state(&acme, &["user:ada".parse().unwrap()]).await.unwrap().generation, 0);

        let everything = ListQuery {
            readers: vec!["user:ada".parse().unwrap()],
            owner: None,
            tags: Vec::new(),
            media_type: None,
            title_prefix: None,
            deleted: false,
            order: ListOrder::UpdatedDescending,
            after: None,
            limit: 10,
        };
        let titles = store.document_list(&globex, &everything).await.unwrap().documents;
        assert_eq!(titles.iter().map(|document| document.title.as_str()).collect::<Vec<_>>(), ["Globex's"]);

        store.outbox_published(&acme, &[theirs.outbox[0].message.id]).await.unwrap();
        let mut admin = fixture.admin().await;
        assert_eq!(count(&mut admin, "outbox").await, 1, "another tenant's message is not ours to delete");
        fixture
    })
    .await;
}
