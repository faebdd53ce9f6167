//! Ports that answer what a test says and remember what they were asked.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_documents::{
    Commit, CommitError, Content, Document, DocumentStore, IdempotencyKey, IdempotencyRecord, ListPage, ListQuery,
    MediaType, Metadata, Version, change_message,
};
use octavo_domain_kernel::{
    BlobInfo, BlobKey, BlobStore, ContentHash, DocumentId, OutboxEntry, PortError, PortErrorKind, Reader, TenantId,
};
use octavo_domain_search::{
    Embeddings, Found, Hit, IndexWrite, KeptVector, Scope, SearchIndex, SearchQuery, SearchState, SearchStateStore,
    SuggestQuery, TitleSuggestion, WriteOutcome,
};
use octavo_index::{BatchResponse, Deps, QueueRecord, handle};
use octavo_testing::time::ManualClock;
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// What a state store is told: tenant, revisions, grace.
type Settled = (String, Vec<(DocumentId, i64)>, u64);

#[derive(Default)]
pub(crate) struct Ports {
    /// What is true now.
    pub(crate) documents: Mutex<Vec<Document>>,
    /// Texts by key.
    pub(crate) texts: Mutex<HashMap<String, Bytes>>,
    /// What was written, call by call.
    pub(crate) written: Mutex<Vec<Vec<IndexWrite>>>,
    /// What the state store was told.
    pub(crate) settled: Mutex<Vec<Settled>>,
    /// Tenants whose documents cannot be read.
    pub(crate) unreadable: Mutex<HashSet<String>>,
    /// Documents that the engine refuses.
    pub(crate) refused: Mutex<HashSet<DocumentId>>,
    /// Documents that the engine has a later revision of.
    pub(crate) superseded: Mutex<HashSet<DocumentId>>,
    /// The state store fails.
    pub(crate) unsettled: Mutex<bool>,
    /// What makes texts vectors.
    pub(crate) embeddings: Option<Arc<dyn Embeddings>>,
    /// What is to be sent later, and after how many milliseconds.
    pub(crate) later: Mutex<Vec<(OutboxEntry, u64)>>,
    /// Documents that the index holds without a vector.
    pub(crate) unvectored: Mutex<BTreeSet<DocumentId>>,
    /// Vectors that the index holds.
    pub(crate) kept: Mutex<HashMap<DocumentId, KeptVector>>,
}

impl Ports {
    /// A document with the text `text`, both stored.
    pub(crate) fn add(&self, tenant: &str, n: u64, revision: i64, text: &str) -> Document {
        let document = document(tenant, n, revision, text);
        let key = BlobKey::text(&document.tenant, &document.content.hash);
        self.texts.lock().insert(key.as_str().to_owned(), Bytes::from(text.to_owned()));
        self.documents.lock().push(document.clone());
        document
    }

    pub(crate) async fn run(self: &Arc<Self>, records: Vec<QueueRecord>) -> BatchResponse {
        let deps = Deps {
            documents: self.clone(),
            blobs: self.clone(),
            index: self.clone(),
            state: self.clone(),
            embeddings: self.embeddings.clone(),
            vectors_again: Duration::from_secs(60),
            clock: Arc::new(ManualClock::default()),
        };
        handle(&deps, records).await
    }

    /// Everything that was written, in order.
    pub(crate) fn writes(&self) -> Vec<IndexWrite> {
        self.written.lock().iter().flatten().cloned().collect()
    }
}

pub(crate) fn id(n: u64) -> DocumentId {
    DocumentId(Uuid::from_u128(n.into()))
}

pub(crate) fn document(tenant: &str, n: u64, revision: i64, text: &str) -> Document {
    let at = DateTime::<Utc>::UNIX_EPOCH;
    let hash: ContentHash = format!("{n:064x}").parse().unwrap();
    Document {
        id: id(n),
        tenant: tenant.parse().unwrap(),
        revision,
        version: 1,
        content: Content {
            hash,
            size: 10,
            media_type: MediaType::Text,
            file_name: Some("a.txt".to_owned()),
            text_chars: text.chars().count() as u64,
            text_truncated: false,
        },
        title: format!("Document {n}"),
        tags: vec!["t".to_owned()],
        metadata: Metadata::new(),
        owner: "ada".parse().unwrap(),
        grants: Vec::new(),
        created_at: at,
        updated_at: at,
        updated_by: "ada".parse().unwrap(),
        deleted_at: None,
    }
}

/// The message that a change of `document` sends.
pub(crate) fn record(message_id: &str, document: &Document) -> QueueRecord {
    let message = change_message(Uuid::from_u128(1), DateTime::UNIX_EPOCH, document, None);
    QueueRecord { message_id: message_id.to_owned(), body: serde_json::to_string(&message).unwrap() }
}

fn told(kind: PortErrorKind) -> PortError {
    PortError::new(kind, "told to fail")
}

#[async_trait]
impl DocumentStore for Ports {
    async fn document_get_many(&self, tenant: &TenantId, ids: &[DocumentId]) -> Result<Vec<Document>, PortError> {
        assert!(ids.len() <= 1000, "the store takes no more");
        if self.unreadable.lock().contains(tenant.as_str()) {
            return Err(told(PortErrorKind::Unavailable));
        }
        let documents = self.documents.lock();
        let wanted = |document: &&Document| document.tenant == *tenant && ids.contains(&document.id);
        Ok(documents.iter().filter(wanted).cloned().collect())
    }

    async fn document_commit(&self, _: &Commit) -> Result<(), CommitError> {
        panic!("indexing changes no document")
    }

    async fn document_get(&self, _: &TenantId, _: DocumentId) -> Result<Option<Document>, PortError> {
        panic!("documents are read many at a time")
    }

    async fn document_list(&self, _: &TenantId, _: &ListQuery) -> Result<ListPage, PortError> {
        panic!("indexing lists nothing")
    }

    async fn document_versions(
        &self,
        _: &TenantId,
        _: DocumentId,
        _: Option<u32>,
        _: u16,
    ) -> Result<Vec<Version>, PortError> {
        panic!("only the newest version is indexed")
    }

    async fn document_version_get(&self, _: &TenantId, _: DocumentId, _: u32) -> Result<Option<Version>, PortError> {
        panic!("only the newest version is indexed")
    }

    async fn idempotency_get(
        &self,
        _: &TenantId,
        _: &IdempotencyKey,
        _: DateTime<Utc>,
    ) -> Result<Option<IdempotencyRecord>, PortError> {
        panic!("no request comes here")
    }

    async fn outbox_published(&self, _: &TenantId, _: &[Uuid]) -> Result<(), PortError> {
        panic!("nothing is sent from here")
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl BlobStore for Ports {
    async fn put(&self, _: &BlobKey, _: Bytes, _: &str) -> Result<(), PortError> {
        panic!("indexing stores no body")
    }

    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, PortError> {
        Ok(self.texts.lock().get(key.as_str()).cloned())
    }

    async fn get_range(&self, _: &BlobKey, _: Range<u64>) -> Result<Option<Bytes>, PortError> {
        panic!("a text is read whole")
    }

    async fn head(&self, _: &BlobKey) -> Result<Option<BlobInfo>, PortError> {
        panic!("a text is read whole")
    }

    async fn delete(&self, _: &BlobKey) -> Result<(), PortError> {
        panic!("indexing deletes no body")
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl SearchIndex for Ports {
    async fn write(&self, writes: Vec<IndexWrite>) -> Vec<Result<WriteOutcome, PortError>> {
        let outcome = |write: &IndexWrite| {
            let id = match write {
                IndexWrite::Put(entry) => entry.id,
                IndexWrite::Remove { id, .. } => *id,
            };
            if self.refused.lock().contains(&id) {
                Err(told(PortErrorKind::Corrupt))
            } else if self.superseded.lock().contains(&id) {
                Ok(WriteOutcome::Superseded)
            } else {
                Ok(WriteOutcome::Applied)
            }
        };
        let outcomes = writes.iter().map(outcome).collect();
        for write in &writes {
            if let IndexWrite::Put(entry) = write {
                let mut unvectored = self.unvectored.lock();
                let _ = if entry.vector.is_some() { unvectored.remove(&entry.id) } else { unvectored.insert(entry.id) };
            }
        }
        self.written.lock().push(writes);
        outcomes
    }

    async fn ensure(&self) -> Result<(), PortError> {
        Ok(())
    }

    async fn search(&self, _: &Scope, _: &SearchQuery) -> Result<Found, PortError> {
        panic!("indexing searches nothing")
    }

    fn describe(&self, _: &Scope, _: &SearchQuery) -> serde_json::Value {
        panic!("nobody asks how it is searched")
    }

    async fn similar(&self, _: &Scope, _: DocumentId, _: u16) -> Result<Option<Vec<Hit>>, PortError> {
        panic!("indexing searches nothing")
    }

    async fn suggest(&self, _: &Scope, _: &SuggestQuery) -> Result<Vec<TitleSuggestion>, PortError> {
        panic!("indexing searches nothing")
    }

    async fn vectors(&self, _: &TenantId, ids: &[DocumentId]) -> Result<HashMap<DocumentId, KeptVector>, PortError> {
        let kept = self.kept.lock();
        Ok(ids.iter().filter_map(|id| Some((*id, kept.get(id)?.clone()))).collect())
    }

    async fn unvectored(
        &self,
        _: &TenantId,
        after: Option<DocumentId>,
        size: u16,
    ) -> Result<Vec<DocumentId>, PortError> {
        let unvectored = self.unvectored.lock();
        Ok(unvectored.iter().filter(|id| after.is_none_or(|after| **id > after)).take(size.into()).copied().collect())
    }

    async fn count(&self, _: &TenantId) -> Result<u64, PortError> {
        Ok(0)
    }

    async fn refresh(&self) -> Result<(), PortError> {
        panic!("a refresh is the engine's own affair")
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }

    fn visible_within(&self) -> Duration {
        Duration::from_secs(7)
    }
}

#[async_trait]
impl SearchStateStore for Ports {
    async fn search_state(&self, _: &TenantId, _: &[Reader]) -> Result<SearchState, PortError> {
        panic!("indexing asks for nobody")
    }

    async fn search_settled(
        &self,
        tenant: &TenantId,
        indexed: &[(DocumentId, i64)],
        grace_ms: u64,
    ) -> Result<(), PortError> {
        if *self.unsettled.lock() {
            return Err(told(PortErrorKind::Unavailable));
        }
        self.settled.lock().push((tenant.to_string(), indexed.to_vec(), grace_ms));
        Ok(())
    }

    async fn search_later(&self, tenant: &TenantId, later: &OutboxEntry, after_ms: u64) -> Result<(), PortError> {
        assert_eq!(later.message.tenant, *tenant);
        if *self.unsettled.lock() {
            return Err(told(PortErrorKind::Unavailable));
        }
        self.later.lock().push((later.clone(), after_ms));
        Ok(())
    }
}
