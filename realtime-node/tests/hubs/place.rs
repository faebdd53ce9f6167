//! Nodes on one Redis and one database, and the people who connect to them.

use crate::client::Client;
use chrono::{DateTime, TimeDelta, Utc};
use local_emulator_postgres::testing::{self, TestDatabase};
use local_emulator_redis as redis;
use octavo_adapters_postgres::{
    Postgres, TEST_APP_LOGIN, TEST_PASSWORD, TEST_RELAY_LOGIN, options_for_tests, prepare_for_tests,
};
use octavo_adapters_redis::{Redis, RedisQueue};
use octavo_adapters_signalr::{AccessKeys, Push, Redirector, Tokens};
use octavo_adapters_system::SystemClock;
use octavo_domain_documents::{
    Commit, Content, Document, DocumentStore, Grant, MediaType, Role, Version, change_message,
};
use octavo_domain_kernel::{Clock, DocumentId, Principal, Queue, TenantId};
use octavo_domain_realtime::{REALTIME_QUEUE, Redirects};
use octavo_testing::faults::Proxy;
use octavo_wiring_settings::Environment;
use realtime_node::{Node, Settings};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The nodes' key.
const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

pub(crate) struct Place {
    pub(crate) nodes: Vec<Node>,
    pub(crate) store: Postgres,
    queue: RedisQueue,
    tokens: Tokens,
    _database: TestDatabase,
    _redis: redis::Server,
    /// Between the nodes and Redis.
    pub(crate) proxy: Proxy,
}

impl Place {
    /// With so many nodes.
    pub(crate) async fn of(nodes: usize) -> Self {
        Self::with(nodes, Duration::from_secs(20), Duration::ZERO).await
    }

    /// With nodes that look at rights again so often.
    pub(crate) async fn beating(nodes: usize, beat: Duration) -> Self {
        Self::with(nodes, beat, Duration::ZERO).await
    }

    /// The same, where a drain is spread over so many milliseconds.
    pub(crate) async fn spread(nodes: usize, milliseconds: u64) -> Self {
        Self::with(nodes, Duration::from_secs(20), Duration::from_millis(milliseconds)).await
    }

    async fn with(nodes: usize, beat: Duration, spread: Duration) -> Self {
        let server = redis::Server::start(redis::Options::default()).await.unwrap();
        let proxy = Proxy::start(server.addr()).await;
        let database = testing::database("hubs", |url| async move { prepare_for_tests(&url).await }).await;
        let app = database.url_as(TEST_APP_LOGIN, TEST_PASSWORD);
        let mut started = Vec::new();
        for number in 0..nodes {
            let variables = [
                ("OCTAVO_NODE_NAME", format!("node-{number}")),
                ("OCTAVO_NODE_LISTEN", "127.0.0.1:0".to_owned()),
                ("OCTAVO_NODE_CONFORMANCE", "on".to_owned()),
                ("OCTAVO_NODE_QUEUES", "none".to_owned()),
                ("OCTAVO_NODE_SCHEDULES", "none".to_owned()),
                ("OCTAVO_NODE_DRAIN_SPREAD_MS", spread.as_millis().to_string()),
                ("OCTAVO_NODE_PRESENCE_MS", beat.as_millis().to_string()),
                ("OCTAVO_DATABASE_URL", app.clone()),
                ("OCTAVO_DATABASE_RELAY_URL", database.url_as(TEST_RELAY_LOGIN, TEST_PASSWORD)),
                ("OCTAVO_REDIS_URL", proxy.url(&server.url())),
                ("OCTAVO_REALTIME_KEYS", KEY.to_owned()),
                ("OCTAVO_TOKENS_ISSUER", "https://issuer.test".to_owned()),
                ("OCTAVO_TOKENS_AUDIENCE", "octavo".to_owned()),
                ("OCTAVO_TOKENS_JWKS_URL", "http://127.0.0.1:9/keys".to_owned()),
                ("OCTAVO_BLOBS_ENDPOINT", "http://127.0.0.1:9".to_owned()),
                ("OCTAVO_BLOBS_REGION", "here".to_owned()),
                ("OCTAVO_BLOBS_BUCKET", "documents".to_owned()),
                ("OCTAVO_BLOBS_ACCESS_KEY", "a".to_owned()),
                ("OCTAVO_BLOBS_SECRET_KEY", "b".to_owned()),
            ];
            let environment = Environment::of(variables.into_iter().map(|(name, value)| (name.to_owned(), value)));
            started.push(Node::start(&Settings::read(&environment).unwrap()).await.unwrap());
        }
        let keys = AccessKeys::new(vec![(0..32).map(byte).collect()]).unwrap();
        Self {
            nodes: started,
            store: Postgres::connect_lazy(&app, &options_for_tests(8)).unwrap(),
            queue: RedisQueue::new(Redis::new(&server.url()).unwrap()),
            tokens: Tokens::new(keys),
            _database: database,
            _redis: server,
            proxy,
        }
    }

    /// Somebody connects to a hub at a node. `who` is `user@tenant`, and their groups after `:`.
    pub(crate) async fn connect(&self, node: usize, hub: &str, who: &str) -> Client {
        Client::connect(self.nodes[node].address(), hub, &self.token(node, hub, who)).await
    }

    /// A token for a hub, as a function hands it out.
    pub(crate) fn token(&self, node: usize, hub: &str, who: &str) -> String {
        let url = Url::parse(&format!("http://{}", self.nodes[node].address())).unwrap();
        let redirector = Redirector::new(self.tokens.clone(), url);
        let (hub, now) = (hub.parse().unwrap(), SystemClock.now());
        redirector.redirect(&principal(who), &hub, now, TimeDelta::minutes(5)).access_token
    }

    /// What a function pushes with, to a node.
    pub(crate) fn push(&self, node: usize) -> Push {
        let url = Url::parse(&format!("http://{}", self.nodes[node].address())).unwrap();
        Push::new(&url, self.tokens.clone(), Arc::new(SystemClock)).unwrap()
    }

    /// Makes a document of ada's.
    pub(crate) async fn document(&self, tenant: &str, number: u128, shares: &[(&str, Role)]) -> Document {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let document = Document {
            id: DocumentId(uuid::Uuid::from_u128(number)),
            tenant: tenant.parse().unwrap(),
            revision: 1,
            version: 1,
            content: Content {
                hash: "a".repeat(64).parse().unwrap(),
                size: 3,
                media_type: MediaType::Markdown,
                file_name: None,
                text_chars: 3,
                text_truncated: false,
            },
            title: "The plan".to_owned(),
            tags: Vec::new(),
            metadata: Default::default(),
            owner: "ada".parse().unwrap(),
            grants: grants(shares),
            created_at: at,
            updated_at: at,
            updated_by: "ada".parse().unwrap(),
            deleted_at: None,
        };
        let version = Version {
            number: 1,
            content: document.content.clone(),
            title: document.title.clone(),
            created_by: document.owner.clone(),
            created_at: at,
        };
        self.commit(None, document.clone(), Some(version)).await;
        document
    }

    /// Changes one, and tells the nodes as the documents function does.
    pub(crate) async fn change(&self, before: &Document, change: impl FnOnce(&mut Document)) -> Document {
        let after = self.change_silently(before, change).await;
        let message = change_message(octavo_testing::ids::unique(), SystemClock.now(), &after, None);
        self.queue.send(&REALTIME_QUEUE.parse().unwrap(), &[message]).await.unwrap();
        after
    }

    /// Changes one, and nobody is told.
    pub(crate) async fn change_silently(&self, before: &Document, change: impl FnOnce(&mut Document)) -> Document {
        let mut after = Document { revision: before.revision + 1, ..before.clone() };
        change(&mut after);
        self.commit(Some(before.revision), after.clone(), None).await;
        after
    }

    async fn commit(&self, expected_revision: Option<i64>, document: Document, version: Option<Version>) {
        let commit = Commit {
            expected_revision,
            document,
            version,
            hidden_from: Vec::new(),
            outbox: Vec::new(),
            idempotency: None,
        };
        self.store.document_commit(&commit).await.unwrap();
    }

    pub(crate) async fn close(self) {
        for node in self.nodes {
            node.drain().await;
        }
        self.store.close().await;
    }
}

/// The byte of [`KEY`] at `at`.
fn byte(at: usize) -> u8 {
    u8::from_str_radix(&KEY[2 * at..2 * at + 2], 16).unwrap()
}

pub(crate) fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

pub(crate) fn grants(shares: &[(&str, Role)]) -> Vec<Grant> {
    let grant = |(reader, role): &(&str, Role)| Grant {
        reader: reader.parse().unwrap(),
        role: *role,
        granted_by: "ada".parse().unwrap(),
        granted_at: DateTime::UNIX_EPOCH,
    };
    shares.iter().map(grant).collect()
}

fn principal(who: &str) -> Principal {
    let (user, rest) = who.split_once('@').unwrap();
    let (tenant, groups) = rest.split_once(':').unwrap_or((rest, ""));
    Principal {
        tenant: tenant.parse().unwrap(),
        user: user.parse().unwrap(),
        name: Some(format!("{user} of {tenant}")),
        groups: groups.split(',').filter(|group| !group.is_empty()).map(|group| group.parse().unwrap()).collect(),
        roles: Default::default(),
        api_key: None,
    }
}
