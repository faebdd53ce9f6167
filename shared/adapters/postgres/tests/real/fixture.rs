//! A migrated database, stores on it, and documents to put in.

use chrono::{DateTime, Duration, TimeZone, Utc};
use local_emulator_postgres::testing::{self, Shared, TestDatabase};
use octavo_adapters_postgres::{
    PoolOptions, Postgres, Relay, StatementCache, TEST_APP_LOGIN, TEST_PASSWORD, TEST_RELAY_LOGIN, options_for_tests,
    prepare_for_tests,
};
use octavo_domain_documents::{
    Commit, Content, Document, DocumentStore, Grant, IdempotencyKey, IdempotencyRecord, MediaType, Role, Version,
};
use octavo_domain_kernel::{DocumentId, Message, OutboxEntry, TenantId};
use octavo_testing::engines;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

pub(crate) struct Fixture {
    pub(crate) database: TestDatabase,
    pub(crate) store: Postgres,
    pub(crate) relay: Relay,
}

impl Fixture {
    pub(crate) async fn on(server: &'static Shared) -> Self {
        let database = server.database("octavo", |url| async move { prepare_for_tests(&url).await }).await;
        let options = options_for_tests(16);
        let store = Postgres::connect_lazy(&database.url_as(TEST_APP_LOGIN, TEST_PASSWORD), &options).unwrap();
        let relay = Relay::connect_lazy(&database.url_as(TEST_RELAY_LOGIN, TEST_PASSWORD), &options).unwrap();
        Self { database, store, relay }
    }

    /// A store whose connections are as an old PgBouncer needs them.
    pub(crate) fn uncached_store(&self) -> Postgres {
        let options = PoolOptions { statement_cache: StatementCache::Off, ..options_for_tests(8) };
        Postgres::connect_lazy(&self.database.url_as(TEST_APP_LOGIN, TEST_PASSWORD), &options).unwrap()
    }

    /// A connection of the group `octavo_app`, for statements that no port makes.
    pub(crate) async fn app(&self) -> PgConnection {
        PgConnection::connect(&self.database.url_as(TEST_APP_LOGIN, TEST_PASSWORD)).await.unwrap()
    }

    /// A connection of the group `octavo_relay`.
    pub(crate) async fn relay_connection(&self) -> PgConnection {
        PgConnection::connect(&self.database.url_as(TEST_RELAY_LOGIN, TEST_PASSWORD)).await.unwrap()
    }

    /// The superuser's connection, which sees everything.
    pub(crate) async fn admin(&self) -> PgConnection {
        PgConnection::connect(&self.database.url).await.unwrap()
    }

    pub(crate) async fn close(self) {
        self.store.close().await;
        self.relay.close().await;
    }
}

/// Runs a case on every server there is, each time in a database of its own.
pub(crate) async fn everywhere<Fut: Future<Output = Fixture>>(case: impl Fn(Fixture) -> Fut) {
    case(Fixture::on(testing::server().await).await).await.close().await;
    if let Some(url) = engines::real("PostgreSQL", "OCTAVO_TEST_POSTGRES_URL") {
        let fixture = case(Fixture::on(testing::external(&url)).await).await;
        let database = fixture.database.clone();
        fixture.close().await;
        database.remove().await.unwrap();
    }
}

pub(crate) fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

pub(crate) fn id(number: u128) -> DocumentId {
    DocumentId(Uuid::from_u128(number))
}

/// A moment, in seconds after a fixed one, with microseconds.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).unwrap() + Duration::seconds(seconds) + Duration::microseconds(123_456)
}

pub(crate) fn content(digit: char) -> Content {
    Content {
        hash: digit.to_string().repeat(64).parse().unwrap(),
        size: 1234,
        media_type: MediaType::Markdown,
        file_name: Some("plan.md".to_owned()),
        text_chars: 1200,
        text_truncated: false,
    }
}

/// A new document of ada's.
pub(crate) fn document(tenant_name: &str, number: u128, title: &str) -> Document {
    Document {
        id: id(number),
        tenant: tenant(tenant_name),
        revision: 1,
        version: 1,
        content: content('a'),
        title: title.to_owned(),
        tags: vec!["legal".to_owned(), "plan".to_owned()],
        metadata: json!({"z": 1, "a": {"nested": [1.5, null, "ü"]}}).as_object().unwrap().clone(),
        owner: "ada".parse().unwrap(),
        grants: Vec::new(),
        created_at: at(0),
        updated_at: at(0),
        updated_by: "ada".parse().unwrap(),
        deleted_at: None,
    }
}

pub(crate) fn grant(reader: &str, role: Role) -> Grant {
    Grant { reader: reader.parse().unwrap(), role, granted_by: "ada".parse().unwrap(), granted_at: at(1) }
}

/// The commit that makes a document.
pub(crate) fn creation(document: Document) -> Commit {
    let version = Version {
        number: document.version,
        content: document.content.clone(),
        title: document.title.clone(),
        created_by: document.updated_by.clone(),
        created_at: document.updated_at,
    };
    Commit {
        expected_revision: None,
        document,
        version: Some(version),
        hidden_from: Vec::new(),
        outbox: Vec::new(),
        idempotency: None,
    }
}

/// The commit that makes `change` to a document, a second later.
pub(crate) fn update(before: &Document, change: impl FnOnce(&mut Document)) -> Commit {
    let mut document = before.clone();
    document.revision += 1;
    document.updated_at += Duration::seconds(1);
    change(&mut document);
    Commit { expected_revision: Some(before.revision), version: None, ..creation(document) }
}

pub(crate) fn message(tenant_name: &str, number: u128) -> OutboxEntry {
    OutboxEntry {
        queue: "index".parse().unwrap(),
        message: Message {
            id: Uuid::from_u128(number),
            tenant: tenant(tenant_name),
            kind: "document.changed".to_owned(),
            key: number.to_string(),
            at: at(0),
            traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
            body: json!({"document": number.to_string(), "note": "a\u{0}b"}),
        },
    }
}

pub(crate) fn record(key: &str, request_hash: &str, expires_at: DateTime<Utc>) -> IdempotencyRecord {
    IdempotencyRecord {
        key: IdempotencyKey { user: "ada".parse().unwrap(), key: key.to_owned() },
        request_hash: request_hash.to_owned(),
        status: 201,
        answer: json!({"z": 1, "id": "x", "a": [1.0, "\u{0}"]}),
        revision: 1,
        expires_at,
    }
}

/// Makes a document and gives it back.
pub(crate) async fn create(store: &Postgres, document: Document) -> Document {
    store.document_commit(&creation(document.clone())).await.unwrap();
    document
}
