//! Access keys and connections of workflows; and of the catalogue's tables, too, nothing crosses a tenant.

use crate::fixture::{Fixture, at, everywhere, tenant};
use octavo_domain_workflow::arn::{Arns, DEFAULT_REGION};
use octavo_domain_workflow::catalogue::{
    ACCESS_KEYS_MAX, AccessKey, AccessKeyInserted, AccessKeyStore, Activities, Activity, Alias, Aliases, Catalogue,
    Connection, ConnectionPut, Connections, NewMachine, NewRevision, NewVersion, Route, StoredConnection,
};
use octavo_domain_workflow::engine::RevisionId;
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};
use uuid::Uuid;

const TABLES: [&str; 7] = [
    "workflow_revision",
    "workflow_machine",
    "workflow_version",
    "workflow_alias",
    "workflow_activity",
    "workflow_access_key",
    "workflow_connection",
];

fn key(tenant_name: &str, user: &str, number: u32) -> AccessKey {
    AccessKey {
        id: format!("AKIA{}{number:012}", tenant_name.to_ascii_uppercase()),
        tenant: tenant(tenant_name),
        user: user.parse().unwrap(),
        label: format!("Key {number} of the ünit"),
        groups: [("legal".parse().unwrap())].into(),
        roles: ["workflows".to_owned()].into(),
        sealed: b"sealed"[..].into(),
        created_at: at(i64::from(number)),
        created_by: "ada".parse().unwrap(),
        used_at: None,
    }
}

fn connection(tenant_name: &str, name: &str, number: u128) -> StoredConnection {
    let id = Uuid::from_u128(number);
    let connection = Connection {
        id,
        arn: Arns::new(DEFAULT_REGION, &tenant(tenant_name)).connection(name, id),
        name: name.to_owned(),
        header: "authorization".to_owned(),
        hosts: vec!["api.example.com".to_owned()],
        updated_at: at(1),
        updated_by: "ada".parse().unwrap(),
    };
    StoredConnection { connection, sealed: b"sealed"[..].into() }
}

#[tokio::test]
async fn a_key_is_found_by_its_id_alone_and_belongs_to_its_user() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let keys = [key("acme", "ada", 1), key("acme", "bob", 2), key("acme", "ada", 3)];
        for key in &keys {
            assert_eq!(store.access_key_insert(key).await.unwrap(), AccessKeyInserted::Done);
        }
        assert_eq!(store.access_key_find(&keys[0].id).await.unwrap().as_ref(), Some(&keys[0]));
        for nothing in ["", "AKIANOBODY", "%", "' or true --"] {
            assert_eq!(store.access_key_find(nothing).await.unwrap(), None, "{nothing}");
        }
        let ada = "ada".parse().unwrap();
        assert_eq!(store.access_key_list(&acme, Some(&ada)).await.unwrap(), [keys[2].clone(), keys[0].clone()]);
        assert_eq!(store.access_key_list(&acme, None).await.unwrap().len(), 3);
        assert_eq!(store.access_key_list(&tenant("globex"), None).await.unwrap(), []);

        store.access_key_used(&acme, &keys[0].id, at(7_200)).await.unwrap();
        store.access_key_used(&acme, &keys[0].id, at(7_260)).await.unwrap();
        assert_eq!(store.access_key_find(&keys[0].id).await.unwrap().unwrap().used_at, Some(at(7_200)));

        assert!(!store.access_key_delete(&acme, Some(&ada), &keys[1].id).await.unwrap(), "it is bob's");
        assert!(!store.access_key_delete(&tenant("globex"), None, &keys[1].id).await.unwrap());
        assert!(store.access_key_delete(&acme, None, &keys[1].id).await.unwrap());
        assert_eq!(store.access_key_find(&keys[1].id).await.unwrap(), None);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_user_has_so_many_keys_also_when_many_are_made_at_once() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let keys: Vec<AccessKey> = (0..ACCESS_KEYS_MAX + 4).map(|number| key("acme", "ada", number)).collect();
        let results = futures::future::join_all(keys.iter().map(|key| store.access_key_insert(key))).await;
        let done = results.into_iter().filter(|result| matches!(result, Ok(AccessKeyInserted::Done))).count();
        assert_eq!(done, ACCESS_KEYS_MAX as usize);
        assert_eq!(store.access_key_insert(&key("acme", "bob", 99)).await.unwrap(), AccessKeyInserted::Done);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_connection_keeps_its_name_when_its_value_changes() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let first = connection("acme", "billing", 1);
        let done = ConnectionPut::Done(first.connection.clone());
        assert_eq!(store.connection_put(&acme, &first).await.unwrap(), done);
        let mut second = connection("acme", "billing", 2);
        (second.sealed, second.connection.header) = (b"other"[..].into(), "x-api-key".to_owned());
        let ConnectionPut::Done(kept) = store.connection_put(&acme, &second).await.unwrap() else { panic!("room") };
        assert_eq!((&kept.arn, kept.id), (&first.connection.arn, first.connection.id));
        let found = store.connection_find(&acme, &kept.arn).await.unwrap().unwrap();
        assert_eq!((found.sealed, found.connection.header.as_str()), (second.sealed, "x-api-key"));
        assert_eq!(store.connection_find(&acme, &second.connection.arn).await.unwrap(), None);
        assert_eq!(store.connection_find(&tenant("globex"), &kept.arn).await.unwrap(), None);
        assert_eq!(store.connection_list(&acme).await.unwrap(), [kept]);
        assert!(!store.connection_delete(&tenant("globex"), "billing").await.unwrap());
        assert!(store.connection_delete(&acme, "billing").await.unwrap());
        assert_eq!(store.connection_list(&acme).await.unwrap(), []);
        fixture
    })
    .await;
}

/// A row of acme's in every table.
async fn fill(fixture: &Fixture) {
    let (store, acme) = (&fixture.store, tenant("acme"));
    let arns = Arns::new(DEFAULT_REGION, &acme);
    let machine_arn = arns.machine("orders");
    let new = NewMachine {
        arn: machine_arn.clone(),
        name: "orders".to_owned(),
        express: false,
        revision: NewRevision {
            id: RevisionId(Uuid::from_u128(1)),
            definition: "{}".to_owned(),
            role_arn: "role".to_owned(),
            configuration: json!({}),
        },
        publish: Some(NewVersion { description: None }),
        tags: Default::default(),
        by: "ada".parse().unwrap(),
        at: at(0),
    };
    store.machine_create(&acme, &new).await.unwrap();
    let alias = Alias {
        arn: format!("{machine_arn}:live"),
        machine_arn,
        name: "live".to_owned(),
        description: None,
        routes: vec![Route { version: 1, weight: 100 }],
        created_at: at(0),
        updated_at: at(0),
    };
    store.alias_create(&acme, &alias).await.unwrap();
    let activity = Activity { arn: arns.activity("ship"), name: "ship".to_owned(), created_at: at(0) };
    store.activity_create(&acme, &activity, &Default::default()).await.unwrap();
    store.access_key_insert(&key("acme", "ada", 1)).await.unwrap();
    store.connection_put(&acme, &connection("acme", "billing", 1)).await.unwrap();
}

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    connection.fetch_one(AssertSqlSafe(format!("select count(*) from {table}"))).await.unwrap().get(0)
}

#[tokio::test]
async fn without_a_tenant_or_with_another_nothing_is_seen_or_written() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let (mut admin, mut app) = (fixture.admin().await, fixture.app().await);
        for table in TABLES {
            assert_eq!(count(&mut admin, table).await, 1, "{table} must hold something for this to prove anything");
        }
        for begin in ["begin", "begin; set local octavo.tenant = 'globex'", "begin; set local octavo.access_key = ''"] {
            app.execute(begin).await.unwrap();
            for table in TABLES {
                assert_eq!(count(&mut app, table).await, 0, "{table} after {begin}");
            }
            app.execute("rollback").await.unwrap();
        }
        for table in TABLES {
            let sql = format!("select to_jsonb(t)::text from {table} t");
            let row: String = admin.fetch_one(AssertSqlSafe(sql)).await.unwrap().get(0);
            let sql =
                format!("insert into {table} select * from jsonb_populate_record(null::{table}, $row${row}$row$)");
            for (name, code) in [("globex", "42501"), ("acme", "23505")] {
                app.execute(AssertSqlSafe(format!("begin; set local octavo.tenant = '{name}'"))).await.unwrap();
                let error = app.execute(AssertSqlSafe(sql.clone())).await.unwrap_err();
                let found = error.into_database_error().unwrap().code().unwrap().into_owned();
                assert_eq!(found, code, "{table} as {name}");
                app.execute("rollback").await.unwrap();
            }
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn whoever_names_a_key_sees_that_key_and_changes_nothing() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        fixture.store.access_key_insert(&key("globex", "eve", 1)).await.unwrap();
        let mut app = fixture.app().await;
        let named = key("acme", "ada", 1).id;
        app.execute(AssertSqlSafe(format!("begin; set local octavo.access_key = '{named}'"))).await.unwrap();
        assert_eq!(count(&mut app, "workflow_access_key").await, 1);
        for sql in ["delete from workflow_access_key", "update workflow_access_key set used_at = now()"] {
            assert_eq!(app.execute(sql).await.unwrap().rows_affected(), 0, "{sql}");
        }
        for table in TABLES.into_iter().filter(|table| *table != "workflow_access_key") {
            assert_eq!(count(&mut app, table).await, 0, "{table}");
        }
        app.execute("rollback").await.unwrap();
        for sql in [
            "update workflow_revision set definition = ''",
            "delete from workflow_revision",
            "update workflow_access_key set sealed = ''",
            "update workflow_machine set name = ''",
        ] {
            app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
            let error = app.execute(sql).await.unwrap_err();
            assert_eq!(error.into_database_error().unwrap().code().as_deref(), Some("42501"), "{sql}");
            app.execute("rollback").await.unwrap();
        }
        fixture
    })
    .await;
}
