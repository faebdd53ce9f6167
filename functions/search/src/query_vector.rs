//! A search's text as a vector, if it is to be found by meaning.

use crate::SearchFault;
use bytes::Bytes;
use octavo_domain_kernel::{Cache, CacheKey, TenantId};
use octavo_domain_search::{Degraded, Embeddings, Mode, Purpose, SearchQuery, Sort, embedded_name, embedded_query};
use std::sync::Arc;
use std::time::Duration;

/// The vector of a text is kept so long: it stays the same, and whoever turns the page asks for it again.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// What makes vectors, and where they are kept.
pub(crate) struct QueryVectors {
    embeddings: Option<Arc<dyn Embeddings>>,
    cache: Arc<dyn Cache>,
}

impl QueryVectors {
    pub(crate) fn new(embeddings: Option<Arc<dyn Embeddings>>, cache: Arc<dyn Cache>) -> Self {
        Self { embeddings, cache }
    }

    /// Fills in the vector of `query`, or tells why it has none though meaning was asked for. A search that no meaning
    /// could change (without words, or not in the order of relevance) has none and lacks none.
    pub(crate) async fn fill(
        &self,
        tenant: &TenantId,
        query: &mut SearchQuery,
    ) -> Result<Option<Degraded>, SearchFault> {
        if query.mode == Mode::Words {
            return Ok(None);
        }
        let embeddings = self.embeddings.as_ref().ok_or(SearchFault::HybridOff { field: "mode" })?;
        let (Some(text), Sort::Relevance) = (&query.text, query.effective_sort()) else { return Ok(None) };
        let text = embedded_query(text).to_owned();
        let key = key(tenant, embeddings.as_ref(), &text);
        let dimensions = usize::from(embeddings.model().dimensions);
        query.vector = self.kept(&key, dimensions).await;
        if query.vector.is_some() {
            return Ok(None);
        }
        match embeddings.embed(tenant, Purpose::Query, &[text]).await {
            Ok(mut vectors) => {
                if let Some(vector) = vectors.pop() {
                    // Nothing that goes wrong with the cache fails a search.
                    if let Err(error) = self.cache.set(&key, bytes(&vector), KEPT).await {
                        tracing::debug!(%error, "a query's vector is not kept");
                    }
                    query.vector = Some(vector);
                }
            }
            Err(error) => tracing::warn!(%error, "a hybrid search is answered by words"),
        }
        Ok(query.vector.is_none().then_some(Degraded::EmbeddingsAway))
    }

    async fn kept(&self, key: &CacheKey, dimensions: usize) -> Option<Vec<f32>> {
        let bytes = self.cache.get(key).await.ok()??;
        let numbers = bytes.chunks_exact(size_of::<f32>()).map(|number| number.try_into().map(f32::from_le_bytes));
        let vector: Vec<f32> = numbers.collect::<Result<_, _>>().ok()?;
        (vector.len() == dimensions).then_some(vector)
    }
}

/// The tenant's own: that somebody else has searched for the same is nobody's to know, not even by how long it takes.
fn key(tenant: &TenantId, embeddings: &dyn Embeddings, text: &str) -> CacheKey {
    let model = embeddings.model();
    let of = embedded_name(&[model.name.clone(), model.dimensions.to_string(), text.to_owned()]);
    CacheKey::new(tenant, "search", &format!("vector:{of}"))
}

fn bytes(vector: &[f32]) -> Bytes {
    vector.iter().flat_map(|value| value.to_le_bytes()).collect()
}
