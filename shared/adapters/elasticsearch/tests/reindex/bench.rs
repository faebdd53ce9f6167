//! An engine, an index of one's own on it, and what is true of its documents.

use chrono::DateTime;
use elasticsearch::http::Method;
use elasticsearch::http::headers::HeaderMap;
use elasticsearch::http::transport::{SingleNodeConnectionPool, TransportBuilder};
use octavo_adapters_elasticsearch::reindex::{Event, Ran, Watch};
use octavo_adapters_elasticsearch::{Analysis, ElasticsearchIndex, Options, Reindex, ReindexError, ReindexSettings};
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::{DocumentId, PortError};
use octavo_domain_search::{IndexEntry, IndexWrite, SearchGenerations, SearchIndex};
use octavo_testing::ids::{SequentialIds, unique};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// Counts how often all tenants were told.
#[derive(Default)]
pub(crate) struct Told(AtomicU64);

#[async_trait::async_trait]
impl SearchGenerations for Told {
    async fn generations_bump(&self) -> Result<u64, PortError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(1)
    }
}

pub(crate) struct Bench {
    pub(crate) options: Options,
    told: Arc<Told>,
    server: Option<Arc<local_emulator_elasticsearch::Server>>,
}

/// A document as it is at last: its revision and who may read it; none where it was deleted.
pub(crate) type Truth = BTreeMap<u64, Option<(i64, Vec<String>)>>;

impl Bench {
    pub(crate) async fn embedded() -> Self {
        let options = local_emulator_elasticsearch::Options::default();
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
        let mut options = Options::new(url.parse().unwrap());
        options.name = format!("reindex-{}", unique().simple());
        options.analysis = analysis;
        (options.shards, options.replicas) = (1, 0);
        // Only an explicit refresh makes anything visible: whoever relies on one that comes by itself fails every time.
        options.refresh_interval = Duration::from_secs(3600);
        options.search_timeout = Duration::from_secs(30);
        options.write_timeout = Duration::from_secs(60);
        Self { options, told: Arc::default(), server: None }
    }

    /// The same engine, spoken to otherwise.
    pub(crate) fn with(&self, options: Options) -> Self {
        Self { options, told: self.told.clone(), server: self.server.clone() }
    }

    pub(crate) fn is_embedded(&self) -> bool {
        self.server.is_some()
    }

    /// Removes what is left on an engine that others use too.
    pub(crate) async fn clear(&self) {
        let indices = self.send(Method::Get, &format!("/{}*/_alias", self.options.name), &Value::Null).await;
        for name in indices.as_object().unwrap().keys() {
            self.send(Method::Delete, &format!("/{name}"), &Value::Null).await;
        }
        self.send(Method::Delete, &format!("/_index_template/{}", self.options.name), &Value::Null).await;
    }

    /// A writer of its own, as another process is.
    pub(crate) fn writer(&self) -> ElasticsearchIndex {
        ElasticsearchIndex::new(self.options.clone(), Arc::new(SequentialIds::default()))
    }

    pub(crate) fn settings(&self, keep: Duration) -> ReindexSettings {
        ReindexSettings {
            // Requests of the tests end sooner.
            writers_within: Duration::from_millis(1_500),
            lease: Duration::from_millis(400),
            keep,
            compare_each: 3,
            page_bytes: 20_000,
            page_documents: 20,
        }
    }

    /// A process that reindexes.
    pub(crate) fn reindex(&self, keep: Duration) -> Reindex {
        self.reindex_with(self.settings(keep))
    }

    pub(crate) fn reindex_with(&self, settings: ReindexSettings) -> Reindex {
        let ids = Arc::new(OneId(unique()));
        Reindex::new(self.options.clone(), settings, Arc::new(SystemClock), ids, Some(self.told.clone()))
    }

    /// Who is told so.
    pub(crate) fn generations(&self) -> Arc<dyn SearchGenerations> {
        self.told.clone()
    }

    /// How often all tenants were told that the index finds otherwise.
    pub(crate) fn told(&self) -> u64 {
        self.told.0.load(Ordering::SeqCst)
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Value {
        let pool = SingleNodeConnectionPool::new(self.options.url.clone());
        let transport = TransportBuilder::new(pool).disable_proxy().build().unwrap();
        let query: Option<&[(&str, &str)]> = None;
        let body = (!body.is_null()).then(|| body.to_string());
        let answer = transport.send(method, path, HeaderMap::new(), query, body, None).await.unwrap();
        let (status, text) = (answer.status_code(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The name of the version `n` of the index.
    pub(crate) fn version(&self, n: u32) -> String {
        format!("{}-v{n}", self.options.name)
    }

    /// The indices that there are, each with its aliases, without the first part of their names.
    pub(crate) async fn aliases(&self) -> Value {
        let indices = self.send(Method::Get, &format!("/{}-v*/_alias", self.options.name), &Value::Null).await;
        let short = |name: &str| name.trim_start_matches(&self.options.name).to_owned();
        let of = |index: &Value| -> Value {
            index["aliases"].as_object().unwrap().iter().map(|(name, alias)| (short(name), alias.clone())).collect()
        };
        indices.as_object().unwrap().iter().map(|(name, index)| (short(name), of(index))).collect()
    }

    /// What an index holds.
    pub(crate) async fn held(&self, index: &str) -> Truth {
        self.send(Method::Post, &format!("/{index}/_refresh"), &Value::Null).await;
        let body = json!({"size": 10_000, "version": true, "_source": ["id", "revision", "readers"]});
        let found = self.send(Method::Post, &format!("/{index}/_search"), &body).await;
        let hit = |hit: &Value| {
            let source = &hit["_source"];
            assert_eq!(source["revision"], hit["_version"]);
            let id: Uuid = serde_json::from_value(source["id"].clone()).unwrap();
            let readers = serde_json::from_value(source["readers"].clone()).unwrap();
            (u64::try_from(id.as_u128()).unwrap(), Some((hit["_version"].as_i64().unwrap(), readers)))
        };
        found["hits"]["hits"].as_array().unwrap().iter().map(hit).collect()
    }
}

/// Draws an identifier that no other process draws: a test is several.
pub(crate) struct OneId(pub(crate) Uuid);

impl octavo_domain_kernel::Ids for OneId {
    fn next(&self) -> Uuid {
        self.0
    }
}

pub(crate) fn entry(n: u64, revision: i64, readers: &[&str]) -> IndexEntry {
    IndexEntry {
        // Some tenants.
        tenant: format!("t-{}", n % 3).parse().unwrap(),
        id: DocumentId(Uuid::from_u128(n.into())),
        revision,
        readers: readers.iter().map(|reader| reader.parse().unwrap()).collect(),
        title: format!("Document {n}"),
        headings: vec!["One".to_owned()],
        text: format!("This is what document {n} says in its revision {revision}. ").repeat(5),
        tags: vec!["tag".to_owned()],
        media_type: "text/plain".to_owned(),
        owner: "ada".parse().unwrap(),
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        file_name: Some(format!("document-{n}.txt")),
        size: n,
        language: None,
        vector: None,
    }
}

pub(crate) fn put(n: u64, revision: i64, readers: &[&str]) -> IndexWrite {
    IndexWrite::Put(Box::new(entry(n, revision, readers)))
}

pub(crate) fn remove(n: u64, revision: i64) -> IndexWrite {
    let IndexEntry { tenant, id, .. } = entry(n, revision, &[]);
    IndexWrite::Remove { tenant, id, revision }
}

/// Documents 1 to `count`, in their first revision.
pub(crate) async fn fill(bench: &Bench, count: u64) -> Truth {
    let writes = (1..=count).map(|n| put(n, 1, &["user:ada"])).collect();
    for outcome in bench.writer().write(writes).await {
        outcome.unwrap();
    }
    (1..=count).map(|n| (n, Some((1, vec!["user:ada".to_owned()])))).collect()
}

/// The aliases of the one index that is left.
pub(crate) fn alone() -> Value {
    let (takes, refuses) = (json!({"is_write_index": true}), json!({"is_write_index": false}));
    json!({"-read": {}, "-write": takes, "-write-old": refuses, "-write-new": refuses})
}

/// Those that are there.
pub(crate) fn present(truth: &Truth) -> Truth {
    truth.iter().filter(|(_, now)| now.is_some()).map(|(n, now)| (*n, now.clone())).collect()
}

/// Goes on, whatever it comes to.
pub(crate) fn on(_: Event) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

pub(crate) async fn ran(reindex: &Reindex) -> Ran {
    run(reindex, &on).await.unwrap()
}

pub(crate) async fn run(reindex: &Reindex, watch: Watch<'_>) -> Result<Ran, ReindexError> {
    reindex.run(watch).await
}
