//! An engine to test on, and a tenant of one's own on it.

use chrono::{DateTime, TimeDelta, Utc};
use octavo_adapters_elasticsearch::{Analysis, ElasticsearchIndex, Options};
use octavo_domain_kernel::{DocumentId, TenantId};
use octavo_domain_search::{Found, IndexEntry, IndexWrite, Scope, SearchIndex, SearchRequest, WriteOutcome};
use octavo_testing::ids::{SequentialIds, unique};
use serde_json::Value;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use uuid::Uuid;

/// An index, shared by the tests of one engine; each has its own tenant.
pub(crate) struct Bench {
    pub(crate) index: ElasticsearchIndex,
    pub(crate) options: Options,
    pub(crate) tenant: TenantId,
    /// The engine, if it is the test's own.
    server: Option<Arc<local_emulator_elasticsearch::Server>>,
}

impl Bench {
    /// On an embedded engine of its own, which ends with it.
    pub(crate) async fn embedded() -> Self {
        let options = local_emulator_elasticsearch::Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            ..local_emulator_elasticsearch::Options::default()
        };
        let server = local_emulator_elasticsearch::Server::start(options).await.unwrap();
        let bench = Self::at(&server.url(), Analysis::English);
        Self { server: Some(Arc::new(server)), ..bench }
    }

    pub(crate) fn opensearch() -> Option<Self> {
        let url = octavo_testing::engines::real("OpenSearch", "OCTAVO_TEST_OPENSEARCH_URL")?;
        Some(Self::at(&url, Analysis::English))
    }

    pub(crate) fn elasticsearch() -> Option<Self> {
        let url = octavo_testing::engines::real("Elasticsearch", "OCTAVO_TEST_ELASTICSEARCH_URL")?;
        // What can be had of it as a library was built without its analysis modules.
        Some(Self::at(&url, Analysis::Standard))
    }

    fn at(url: &str, analysis: Analysis) -> Self {
        static NAME: OnceLock<String> = OnceLock::new();
        let mut options = Options::new(url.parse().unwrap());
        options.name = NAME.get_or_init(|| format!("test-{}", unique().simple())).clone();
        options.analysis = analysis;
        // Only an explicit refresh makes anything visible: a test that forgot one fails every time.
        options.refresh_interval = Duration::from_secs(3600);
        options.search_timeout = Duration::from_secs(30);
        options.write_timeout = Duration::from_secs(60);
        Self::with(options)
    }

    pub(crate) fn with(options: Options) -> Self {
        let index = ElasticsearchIndex::new(options.clone(), Arc::new(SequentialIds::default()));
        Self { index, options, tenant: format!("t-{}", unique().simple()).parse().unwrap(), server: None }
    }

    /// An index of one's own on the same engine.
    pub(crate) fn fresh(&self) -> Self {
        let mut options = self.options.clone();
        options.name = format!("fresh-{}", unique().simple());
        Self { server: self.server.clone(), ..Self::with(options) }
    }

    /// The same engine with other options, as another process sees it.
    pub(crate) fn reopened(&self, options: Options) -> Self {
        Self { server: self.server.clone(), ..Self::with(options) }
    }

    /// The same with one shard: how rare a word is differs from shard to shard where there are few documents.
    pub(crate) fn in_one_shard(&self) -> Self {
        let mut options = self.options.clone();
        options.name = format!("single-{}", unique().simple());
        options.shards = 1;
        Self { server: self.server.clone(), ..Self::with(options) }
    }

    pub(crate) fn scope(&self, user: &str) -> Scope {
        Scope {
            tenant: self.tenant.clone(),
            user: user.parse().unwrap(),
            readers: vec![format!("user:{user}").parse().unwrap()],
            hidden: Vec::new(),
        }
    }

    /// An entry that ada owns and alone may read, a day younger than the one before it.
    pub(crate) fn entry(&self, n: u64, title: &str, text: &str) -> IndexEntry {
        let day = DateTime::<Utc>::from_timestamp(1_767_225_600, 123_456_000).unwrap();
        let day = day + TimeDelta::days(i64::try_from(n).unwrap());
        IndexEntry {
            tenant: self.tenant.clone(),
            id: id(n),
            revision: 1,
            readers: vec!["user:ada".parse().unwrap()],
            title: title.to_owned(),
            headings: Vec::new(),
            text: text.to_owned(),
            tags: Vec::new(),
            media_type: "text/plain".to_owned(),
            owner: "ada".parse().unwrap(),
            created_at: day,
            updated_at: day,
            file_name: None,
            size: n,
            language: None,
            vector: None,
        }
    }

    /// Writes, makes visible, and expects that all were taken.
    pub(crate) async fn put(&self, entries: impl IntoIterator<Item = IndexEntry>) {
        let writes: Vec<_> = entries.into_iter().map(|entry| IndexWrite::Put(Box::new(entry))).collect();
        for outcome in self.index.write(writes).await {
            assert_eq!(outcome.unwrap(), WriteOutcome::Applied);
        }
        self.index.refresh().await.unwrap();
    }

    pub(crate) async fn find(&self, scope: &Scope, request: Value) -> Found {
        let request: SearchRequest = serde_json::from_value(request).unwrap();
        self.index.search(scope, &request.validate().unwrap()).await.unwrap()
    }

    /// The numbers of the hits that ada finds, in order.
    pub(crate) async fn numbers(&self, request: Value) -> Vec<u64> {
        numbers(&self.find(&self.scope("ada"), request).await)
    }
}

pub(crate) fn id(n: u64) -> DocumentId {
    DocumentId(Uuid::from_u128(u128::from(n)))
}

pub(crate) fn numbers(found: &Found) -> Vec<u64> {
    found.hits.iter().map(|hit| u64::try_from(hit.id.0.as_u128()).unwrap()).collect()
}
