//! The port's implementation: each method in its own file; here is what they share.

use crate::engine::Engine;
use crate::ensure::{ensure, is_missing};
use crate::targets::Targets;
use crate::vectors::{self, Known};
use crate::write::{Sender, Sent};
use crate::{Options, describe, hybrid, near, search, similar, suggest, write};
use async_trait::async_trait;
use elasticsearch::http::Method;
use octavo_domain_kernel::{DocumentId, Ids, PortError, PortErrorKind, TenantId};
use octavo_domain_search::{
    Degraded, Found, Hit, IndexWrite, KeptVector, Scope, SearchIndex, SearchQuery, SuggestQuery, TitleSuggestion,
    WriteOutcome,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};

/// A health check waits no longer.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// Times that a write is sent in all, where what is written to turned out to be another index than was thought.
const LOOKED_MAX: u32 = 3;

/// The index in an Elasticsearch (8, 9) or OpenSearch (2, 3).
pub struct ElasticsearchIndex {
    engine: Engine,
    options: Options,
    ids: Arc<dyn Ids>,
    permits: Semaphore,
    ensured: AtomicBool,
    ensuring: Mutex<()>,
    /// What is written to.
    targets: Targets,
    /// The vectors of the index that is read.
    read_vectors: Known,
}

impl ElasticsearchIndex {
    /// Connects to nothing yet. `ids` is the source of chance for the waits between attempts.
    pub fn new(options: Options, ids: Arc<dyn Ids>) -> Self {
        Self {
            engine: Engine::new(options.url.clone()),
            options,
            ids,
            permits: write::permits(),
            ensured: AtomicBool::new(false),
            ensuring: Mutex::new(()),
            targets: Targets::default(),
            read_vectors: Known::default(),
        }
    }

    /// Makes what the index needs, as [`SearchIndex::ensure`] does, and tells where it holds other vectors than the settings name:
    /// a platform may run so, and find by words, until a reindex.
    ///
    /// # Errors
    /// As the port's.
    pub async fn make(&self) -> Result<Option<String>, PortError> {
        self.made().await?;
        match vectors::check(&self.engine, &self.options).await {
            Err(error) if error.kind == PortErrorKind::Corrupt => Ok(Some(error.to_string())),
            checked => checked.map(|()| None),
        }
    }

    /// What it was made with.
    pub fn options(&self) -> &Options {
        &self.options
    }
}

#[async_trait]
impl SearchIndex for ElasticsearchIndex {
    async fn ensure(&self) -> Result<(), PortError> {
        self.made().await?;
        // Whoever only writes goes on without vectors where the index holds others; whoever starts is told.
        vectors::check(&self.engine, &self.options).await
    }

    async fn search(&self, scope: &Scope, query: &SearchQuery) -> Result<Found, PortError> {
        match self.find(scope, query).await {
            // A reader looks for the index only when it is missed: usually it is there.
            Err(error) if is_missing(&error) => {
                self.remake().await?;
                self.find(scope, query).await
            }
            answer => answer,
        }
    }

    async fn vectors(
        &self,
        tenant: &TenantId,
        ids: &[DocumentId],
    ) -> Result<HashMap<DocumentId, KeptVector>, PortError> {
        let form = self.read_vectors.form(&self.engine, &self.options, &self.options.read_alias()).await;
        match form {
            Ok(Some(form)) => near::kept(&self.engine, &self.options, form, tenant, ids).await,
            Ok(None) => Ok(HashMap::new()),
            Err(error) if is_missing(&error) => Ok(HashMap::new()),
            Err(error) => Err(error),
        }
    }

    async fn unvectored(
        &self,
        tenant: &TenantId,
        after: Option<DocumentId>,
        size: u16,
    ) -> Result<Vec<DocumentId>, PortError> {
        let mut form = self.read_vectors.form(&self.engine, &self.options, &self.options.read_alias()).await;
        if matches!(form, Ok(None)) {
            // What was believed may be of the index that was read before; whoever asks is about to make up for its lack.
            self.read_vectors.forget().await;
            form = self.read_vectors.form(&self.engine, &self.options, &self.options.read_alias()).await;
        }
        match form {
            Ok(Some(_)) => near::without(&self.engine, &self.options, tenant, after, size).await,
            Ok(None) => Ok(Vec::new()),
            Err(error) if is_missing(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn describe(&self, scope: &Scope, query: &SearchQuery) -> Value {
        describe::describe(&self.options.ranking, scope, query)
    }

    async fn similar(&self, scope: &Scope, id: DocumentId, size: u16) -> Result<Option<Vec<Hit>>, PortError> {
        match similar::similar(&self.engine, &self.options, scope, id, size).await {
            Err(error) if is_missing(&error) => Ok(None),
            answer => answer,
        }
    }

    async fn suggest(&self, scope: &Scope, query: &SuggestQuery) -> Result<Vec<TitleSuggestion>, PortError> {
        match suggest::suggest(&self.engine, &self.options, scope, query).await {
            Err(error) if is_missing(&error) => {
                self.remake().await?;
                suggest::suggest(&self.engine, &self.options, scope, query).await
            }
            answer => answer,
        }
    }

    async fn write(&self, writes: Vec<IndexWrite>) -> Vec<Result<WriteOutcome, PortError>> {
        let writes = write::prepared(&self.options, writes);
        let mut outcomes: Vec<Option<Result<WriteOutcome, PortError>>> = writes.iter().map(|_| None).collect();
        let mut left: Vec<usize> = (0..writes.len()).collect();
        for looked in 1..=LOOKED_MAX {
            let mut stale = Vec::new();
            for (position, sent) in self.send(&writes, left).await {
                match sent {
                    Sent::Done(outcome) => outcomes[position] = Some(Ok(outcome)),
                    Sent::Stale(_) if looked < LOOKED_MAX => stale.push(position),
                    Sent::Failed(error) | Sent::Stale(error) => outcomes[position] = Some(Err(error)),
                }
            }
            left = stale;
            if left.is_empty() {
                break;
            }
            self.ensured.store(false, Ordering::Release);
        }
        let unanswered = || Err(PortError::corrupt("the engine did not answer for this document"));
        outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(unanswered)).collect()
    }

    async fn count(&self, tenant: &TenantId) -> Result<u64, PortError> {
        #[derive(Deserialize)]
        struct Count {
            count: u64,
        }
        let path = format!("/{}/_count", self.options.read_alias());
        let body = json!({"query": {"bool": {"filter": [{"term": {"tenant": tenant}}]}}});
        let answer = self.engine.json::<Count>(Method::Post, &path, Some(&body), self.options.search_timeout).await;
        match answer {
            Ok(Count { count }) => Ok(count),
            Err(error) if is_missing(&error) => Ok(0),
            Err(error) => Err(error),
        }
    }

    async fn refresh(&self) -> Result<(), PortError> {
        let (options, timeout) = (&self.options, self.options.write_timeout);
        let path = format!("/{},{}/_refresh", options.write_alias(), options.new_alias());
        // The second is there while there are two.
        let query = [("ignore_unavailable", "true"), ("allow_no_indices", "false")];
        self.engine.send(Method::Post, &path, &query, None, timeout).await?.json::<Value>().map(drop)
    }

    async fn ping(&self) -> Result<(), PortError> {
        self.engine.json::<Value>(Method::Get, "/_cluster/health", None, PING_TIMEOUT).await.map(drop)
    }

    fn visible_within(&self) -> Duration {
        self.options.visible_within()
    }
}

impl ElasticsearchIndex {
    async fn remake(&self) -> Result<(), PortError> {
        self.ensured.store(false, Ordering::Release);
        self.made().await
    }

    async fn made(&self) -> Result<(), PortError> {
        // One at a time; those who waited find it done.
        let _turn = self.ensuring.lock().await;
        if !self.ensured.load(Ordering::Acquire) {
            ensure(&self.engine, &self.options).await?;
            self.read_vectors.forget().await;
            self.targets.forget().await;
            self.ensured.store(true, Ordering::Release);
        }
        Ok(())
    }

    async fn find(&self, scope: &Scope, query: &SearchQuery) -> Result<Found, PortError> {
        let (engine, options) = (&self.engine, &self.options);
        let Some(vector) = &query.vector else {
            return search::search(engine, options, scope, &hybrid::by_words(query)).await;
        };
        if !hybrid::continues(query) {
            return search::search(engine, options, scope, query).await;
        }
        if let Some(form) = self.read_vectors.form(engine, options, &options.read_alias()).await? {
            match hybrid::search(engine, options, form, scope, query, vector).await {
                // What was believed of its vectors may be of the index that was read before.
                Err(error) if error.kind == PortErrorKind::Corrupt => self.read_vectors.forget().await,
                answer => return answer,
            }
            if let Some(form) = self.read_vectors.form(engine, options, &options.read_alias()).await? {
                return hybrid::search(engine, options, form, scope, query, vector).await;
            }
        }
        let found = search::search(engine, options, scope, &hybrid::by_words(query)).await?;
        Ok(Found { degraded: Some(Degraded::IndexWithoutVectors), ..found })
    }

    /// Sends those of `writes` whose positions are `wanted` to where writes go now.
    async fn send(&self, writes: &[IndexWrite], wanted: Vec<usize>) -> Vec<(usize, Sent)> {
        let targets = async {
            if !self.ensured.load(Ordering::Acquire) {
                self.made().await?;
            }
            self.targets.get(&self.engine, &self.options).await
        };
        let targets = match targets.await {
            Ok(targets) => targets,
            Err(error) => {
                let reason = error.to_string();
                let failed = |position| (position, Sent::Failed(PortError::new(error.kind, reason.clone())));
                return wanted.into_iter().map(failed).collect();
            }
        };
        let (engine, timeout) = (&self.engine, self.options.write_timeout);
        let sender = Sender { engine, timeout, ids: &*self.ids, permits: &self.permits };
        write::write(sender, &targets, writes, wanted).await
    }
}
