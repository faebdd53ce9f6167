//! The port of the engine.

use crate::{Found, Hit, IndexWrite, KeptVector, Scope, SearchQuery, SuggestQuery, TitleSuggestion, WriteOutcome};
use async_trait::async_trait;
use octavo_domain_kernel::{DocumentId, PortError, TenantId};
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;

/// Holds entries and finds them.
#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// Makes what the index needs, if it is not there. May be called by many at once, and again at any time.
    async fn ensure(&self) -> Result<(), PortError>;
    /// Finds what fits `query` within `scope`; nothing outside of the scope has any influence on hits, counts or
    /// suggestions, beyond the weight that a word's rarity gives it.
    async fn search(&self, scope: &Scope, query: &SearchQuery) -> Result<Found, PortError>;
    /// What the engine is sent first for `query`, in its own language; hidden documents by their number only. Asks nobody.
    fn describe(&self, scope: &Scope, query: &SearchQuery) -> Value;
    /// At most `size` documents within `scope` that are like the document `id`, the most alike first, without itself. None
    /// if the index does not hold it or it is not within `scope`.
    async fn similar(&self, scope: &Scope, id: DocumentId, size: u16) -> Result<Option<Vec<Hit>>, PortError>;
    /// Titles within `scope` that what was typed so far may become, the likeliest first.
    async fn suggest(&self, scope: &Scope, query: &SuggestQuery) -> Result<Vec<TitleSuggestion>, PortError>;
    /// Makes changes, in bulk; the answers stand in the order of `writes`. What was answered `Ok` is durable and is found
    /// within [`Self::visible_within`]. A revision that the index holds already changes nothing, unless it comes with a vector,
    /// which the index may lack. At most one change a document in one call: their order is not promised.
    async fn write(&self, writes: Vec<IndexWrite>) -> Vec<Result<WriteOutcome, PortError>>;
    /// The vectors that the index holds of these documents of a tenant, with what each was made of: what is still made of
    /// the same needs no new one. At most 1,000 ids. An index that does not know has none.
    async fn vectors(
        &self,
        _tenant: &TenantId,
        _ids: &[DocumentId],
    ) -> Result<HashMap<DocumentId, KeptVector>, PortError> {
        Ok(HashMap::new())
    }
    /// Documents of a tenant that the index holds without a vector, by id: at most `size` (1 to 1,000), those after `after`. An
    /// index that holds no vectors names none. What has nothing to make a vector of is among them.
    async fn unvectored(
        &self,
        _tenant: &TenantId,
        _after: Option<DocumentId>,
        _size: u16,
    ) -> Result<Vec<DocumentId>, PortError> {
        Ok(Vec::new())
    }
    /// How many documents of a tenant the index holds.
    async fn count(&self, tenant: &TenantId) -> Result<u64, PortError>;
    /// Makes every change before this visible. For tests and tools; a function waits instead.
    async fn refresh(&self) -> Result<(), PortError>;
    /// Whether the engine answers: for health checks.
    async fn ping(&self) -> Result<(), PortError>;
    /// After this long an acknowledged change is visible to every search.
    fn visible_within(&self) -> Duration;
}
