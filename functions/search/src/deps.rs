//! What the function needs from outside.

use crate::analytics::Recorder;
use crate::answer_cache::AnswerCache;
use crate::query_vector::QueryVectors;
use crate::synonyms::KeptSynonyms;
use octavo_domain_kernel::{Cache, Clock, Ids, Queue};
use octavo_domain_search::{
    CursorKey, Embeddings, SavedSearchStore, SearchAnalytics, SearchIndex, SearchStateStore, SynonymStore,
};
use std::sync::Arc;

/// The ports of the function. One for the life of the process.
pub struct Deps {
    /// The engine.
    pub index: Arc<dyn SearchIndex>,
    /// What may be seen, and how old a kept answer may be.
    pub state: Arc<dyn SearchStateStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Signs cursors and search ids; the same in every process of the function.
    pub cursor_key: CursorKey,
    /// What a tenant has of search.
    pub desk: Desk,
    pub(crate) answers: AnswerCache,
    pub(crate) synonyms: KeptSynonyms,
    pub(crate) recorder: Recorder,
    pub(crate) vectors: QueryVectors,
}

/// The ports behind what a tenant has of search: synonyms, saved searches, analytics.
pub struct Desk {
    /// What means the same.
    pub synonyms: Arc<dyn SynonymStore>,
    /// What people look for again and again.
    pub saved: Arc<dyn SavedSearchStore>,
    /// What is looked for.
    pub analytics: Arc<dyn SearchAnalytics>,
    /// Where the outbox is published right after a commit.
    pub queue: Arc<dyn Queue>,
    /// New identifiers.
    pub ids: Arc<dyn Ids>,
    /// What makes texts vectors; without it there are no hybrid searches.
    pub embeddings: Option<Arc<dyn Embeddings>>,
}

impl Deps {
    /// All of them.
    pub fn new(
        index: Arc<dyn SearchIndex>,
        state: Arc<dyn SearchStateStore>,
        cache: Arc<dyn Cache>,
        clock: Arc<dyn Clock>,
        cursor_key: CursorKey,
        desk: Desk,
    ) -> Self {
        let answers = AnswerCache::new(cache.clone(), clock.clone());
        let vectors = QueryVectors::new(desk.embeddings.clone(), cache);
        let (synonyms, recorder) = (KeptSynonyms::new(desk.synonyms.clone()), Recorder::new(desk.analytics.clone()));
        Self { index, state, clock, cursor_key, desk, answers, synonyms, recorder, vectors }
    }
}
