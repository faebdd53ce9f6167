//! The port's implementation: each method in its own file; here is what they share.

use crate::engine::Engine;
use crate::ensure::{ensure, is_missing};
use crate::form::Form;
use crate::vectors::{self, Known};
use crate::{Options, describe, hybrid, near, search, similar, suggest, write};
use async_trait::async_trait;
use elasticsearch::http::Method;
use octavo_domain_kernel::{DocumentId, Ids, PortError, TenantId};
use octavo_domain_search::{
    Degraded, Found, Hit, IndexWrite, KeptVector, Scope, SearchIndex, SearchQuery, SuggestQuery, TitleSuggestion,
    WriteOutcome,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};

/// A health check waits no longer.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// The index in an Elasticsearch (8, 9) or OpenSearch (2, 3).
pub struct ElasticsearchIndex {
    engine: Engine,
    options: Options,
    ids: Arc<dyn Ids>,
    permits: Semaphore,
    ensured: AtomicBool,
    /// The form of document that the index takes, as it was when it was made sure of.
    form: AtomicU32,
    ensuring: Mutex<()>,
    /// The vectors of the index that is read, and of the one that is written.
    read_vectors: Known,
    written_vectors: Known,
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
            form: AtomicU32::new(Form::NEWEST.version()),
            ensuring: Mutex::new(()),
            read_vectors: Known::default(),
            written_vectors: Known::default(),
        }
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
        match self.read_vectors.form(&self.engine, &self.options, &self.options.read_alias()).await {
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
        if !self.ensured.load(Ordering::Acquire)
            && let Err(error) = self.made().await
        {
            let reason = error.to_string();
            return writes.iter().map(|_| Err(PortError::new(error.kind, reason.clone()))).collect();
        }
        let writes = self.with_fitting_vectors(writes).await;
        let form = Form::from_version(self.form.load(Ordering::Acquire));
        write::write(&self.engine, &self.options, &*self.ids, &self.permits, &self.ensured, form, writes).await
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
        let path = format!("/{}/_refresh", self.options.write_alias());
        self.engine.json::<Value>(Method::Post, &path, None, self.options.write_timeout).await.map(drop)
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
            let form = ensure(&self.engine, &self.options).await?;
            self.form.store(form.version(), Ordering::Release);
            self.read_vectors.forget().await;
            self.written_vectors.forget().await;
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
            return hybrid::search(engine, options, form, scope, query, vector).await;
        }
        let found = search::search(engine, options, scope, &hybrid::by_words(query)).await?;
        Ok(Found { degraded: Some(Degraded::IndexWithoutVectors), ..found })
    }

    /// `writes` without vectors that the index does not take.
    async fn with_fitting_vectors(&self, mut writes: Vec<IndexWrite>) -> Vec<IndexWrite> {
        let mut vectors = writes.iter_mut().filter_map(|write| match write {
            IndexWrite::Put(entry) if entry.vector.is_some() => Some(&mut entry.vector),
            _ => None,
        });
        let Some(first) = vectors.next() else { return writes };
        let form = self.written_vectors.form(&self.engine, &self.options, &self.options.write_alias()).await;
        let dimensions = match (form, &self.options.vectors) {
            (Ok(Some(_)), Some(model)) => usize::from(model.dimensions),
            (Err(error), _) => {
                tracing::warn!(%error, "what vectors the index takes cannot be told: written without");
                0
            }
            _ => 0,
        };
        for vector in std::iter::once(first).chain(vectors) {
            if vector.as_ref().is_some_and(|vector| vector.len() != dimensions) {
                *vector = None;
            }
        }
        writes
    }
}
