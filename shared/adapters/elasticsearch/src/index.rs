//! The port's implementation: each method in its own file; here is what they share.

use crate::engine::Engine;
use crate::ensure::{ensure, is_missing};
use crate::{Options, describe, search, similar, suggest, write};
use async_trait::async_trait;
use elasticsearch::http::Method;
use octavo_domain_kernel::{DocumentId, Ids, PortError, TenantId};
use octavo_domain_search::{
    Found, Hit, IndexWrite, Scope, SearchIndex, SearchQuery, SuggestQuery, TitleSuggestion, WriteOutcome,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
    ensuring: Mutex<()>,
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
        }
    }
}

#[async_trait]
impl SearchIndex for ElasticsearchIndex {
    async fn ensure(&self) -> Result<(), PortError> {
        // One at a time; those who waited find it done.
        let _turn = self.ensuring.lock().await;
        if !self.ensured.load(Ordering::Acquire) {
            ensure(&self.engine, &self.options).await?;
            self.ensured.store(true, Ordering::Release);
        }
        Ok(())
    }

    async fn search(&self, scope: &Scope, query: &SearchQuery) -> Result<Found, PortError> {
        match search::search(&self.engine, &self.options, scope, query).await {
            // A reader looks for the index only when it is missed: usually it is there.
            Err(error) if is_missing(&error) => {
                self.remake().await?;
                search::search(&self.engine, &self.options, scope, query).await
            }
            answer => answer,
        }
    }

    fn describe(&self, scope: &Scope, query: &SearchQuery) -> Value {
        describe::describe(scope, query)
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
            && let Err(error) = self.ensure().await
        {
            let reason = error.to_string();
            return writes.iter().map(|_| Err(PortError::new(error.kind, reason.clone()))).collect();
        }
        write::write(&self.engine, &self.options, &*self.ids, &self.permits, &self.ensured, writes).await
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
        self.ensure().await
    }
}
