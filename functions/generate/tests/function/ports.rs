//! An index, object storage, a queue and a store of generations that do as a test says.

use async_trait::async_trait;
use bytes::Bytes;
use octavo_adapters_postgres::Postgres;
use octavo_domain_generate::{
    Change, CreateError, Creation, Generation, GenerationId, GenerationStore, Status, Summary,
};
use octavo_domain_kernel::{
    BlobInfo, BlobKey, BlobStore, DocumentId, Message, PortError, Queue, QueueDepth, QueueName, TenantId, UserId,
};
use octavo_domain_search::{
    Found, Hit, IndexWrite, Relation, Scope, SearchIndex, SearchQuery, SuggestQuery, TitleSuggestion, Total,
    WriteOutcome,
};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// Finds what it is told to, whoever asks: so that a test sees that the function does not take its word for it.
#[derive(Default)]
pub(crate) struct Index {
    pub(crate) hits: Mutex<Vec<DocumentId>>,
    /// What it finds for a text, instead.
    pub(crate) hits_of: Mutex<HashMap<&'static str, Vec<DocumentId>>>,
    /// What was searched for.
    pub(crate) asked: Mutex<Vec<(Scope, SearchQuery)>>,
    pub(crate) away: AtomicBool,
}

#[async_trait]
impl SearchIndex for Index {
    async fn ensure(&self) -> Result<(), PortError> {
        Ok(())
    }

    async fn search(&self, scope: &Scope, query: &SearchQuery) -> Result<Found, PortError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(PortError::unavailable("told to be away"));
        }
        self.asked.lock().push((scope.clone(), query.clone()));
        let hit = |id: &DocumentId| Hit {
            id: *id,
            title: String::new(),
            score: None,
            highlights: Default::default(),
            tags: Vec::new(),
            media_type: "text/plain".to_owned(),
            owner: String::new(),
            created_at: chrono::DateTime::UNIX_EPOCH,
            updated_at: chrono::DateTime::UNIX_EPOCH,
            file_name: None,
            size: 0,
            revision: 1,
        };
        let of_text = query.text.as_deref().and_then(|text| self.hits_of.lock().get(text).cloned());
        let found = of_text.unwrap_or_else(|| self.hits.lock().clone());
        let hits: Vec<Hit> = found.iter().take(query.size.into()).map(hit).collect();
        let total = Total { value: hits.len() as u64, relation: Relation::Exactly };
        let (facets, suggestions) = (Vec::new(), Vec::new());
        Ok(Found { hits, total, facets, suggestions, tolerant: false, next: None, degraded: None })
    }

    fn describe(&self, _: &Scope, _: &SearchQuery) -> serde_json::Value {
        panic!("nobody asks how it is searched")
    }

    async fn similar(&self, _: &Scope, _: DocumentId, _: u16) -> Result<Option<Vec<Hit>>, PortError> {
        panic!("generating asks for no document like another")
    }

    async fn suggest(&self, _: &Scope, _: &SuggestQuery) -> Result<Vec<TitleSuggestion>, PortError> {
        Ok(Vec::new())
    }

    async fn write(&self, _: Vec<IndexWrite>) -> Vec<Result<WriteOutcome, PortError>> {
        Vec::new()
    }

    async fn count(&self, _: &TenantId) -> Result<u64, PortError> {
        Ok(0)
    }

    async fn refresh(&self) -> Result<(), PortError> {
        Ok(())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }

    fn visible_within(&self) -> Duration {
        Duration::ZERO
    }
}

#[derive(Default)]
pub(crate) struct Blobs(pub(crate) Mutex<HashMap<String, Bytes>>);

#[async_trait]
impl BlobStore for Blobs {
    async fn put(&self, key: &BlobKey, bytes: Bytes, _: &str) -> Result<(), PortError> {
        self.0.lock().insert(key.as_str().to_owned(), bytes);
        Ok(())
    }

    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, PortError> {
        Ok(self.0.lock().get(key.as_str()).cloned())
    }

    async fn get_range(&self, _: &BlobKey, _: Range<u64>) -> Result<Option<Bytes>, PortError> {
        Err(PortError::unavailable("nobody asks for a part"))
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobInfo>, PortError> {
        Ok(self.get(key).await?.map(|bytes| BlobInfo { size: bytes.len() as u64 }))
    }

    async fn delete(&self, _: &BlobKey) -> Result<(), PortError> {
        Err(PortError::unavailable("nobody deletes"))
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}

/// Keeps what is sent.
#[derive(Default)]
pub(crate) struct Sent(pub(crate) Mutex<Vec<(String, Message)>>);

#[async_trait]
impl Queue for Sent {
    async fn send(&self, queue: &QueueName, messages: &[Message]) -> Result<(), PortError> {
        self.0.lock().extend(messages.iter().map(|message| (queue.as_str().to_owned(), message.clone())));
        Ok(())
    }

    async fn depth(&self, _: &QueueName) -> Result<QueueDepth, PortError> {
        Ok(QueueDepth::default())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}

/// The real store, which forgets to make changes when it is told so: as a process that dies before it could store.
pub(crate) struct Forgetful {
    pub(crate) store: Postgres,
    /// So many changes fail.
    pub(crate) failures: AtomicU32,
}

impl Forgetful {
    pub(crate) fn fail(&self, changes: u32) {
        self.failures.store(changes, Ordering::SeqCst);
    }
}

#[async_trait]
impl GenerationStore for Forgetful {
    async fn generation_create(&self, creation: &Creation) -> Result<(), CreateError> {
        self.store.generation_create(creation).await
    }

    async fn generation_get(&self, tenant: &TenantId, id: GenerationId) -> Result<Option<Generation>, PortError> {
        self.store.generation_get(tenant, id).await
    }

    async fn generation_list(
        &self,
        tenant: &TenantId,
        user: &UserId,
        before: Option<GenerationId>,
        limit: u16,
    ) -> Result<Vec<Summary>, PortError> {
        self.store.generation_list(tenant, user, before, limit).await
    }

    async fn generation_change(&self, tenant: &TenantId, change: &Change) -> Result<bool, PortError> {
        let left = self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        // Steps alone: people's own changes are not what dies here.
        if left.is_ok() && change.generation.status != Status::Cancelled {
            return Err(PortError::unavailable("told to die"));
        }
        self.store.generation_change(tenant, change).await
    }
}
