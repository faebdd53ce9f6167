//! What is asked of vectors: which documents are nearest, which vectors the index holds, and which documents lack one.

use crate::Options;
use crate::engine::Engine;
use crate::facets::Aggregations;
use crate::query::border;
use crate::vectors::{FIELD, MADE_OF, VectorForm};
use elasticsearch::http::Method;
use octavo_domain_kernel::{DocumentId, PortError, TenantId};
use octavo_domain_search::{FUSED_EACH, KeptVector, Relation, Scope, SearchQuery, Total};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Documents whose vectors are read at once.
const KEPT_MAX: usize = 1000;

/// The answer to a search of which only ranks and counts are wanted.
#[derive(Debug, Deserialize)]
pub(crate) struct Ranked {
    #[serde(default)]
    timed_out: bool,
    #[serde(rename = "_shards")]
    shards: Shards,
    hits: RankedHits,
    #[serde(default)]
    pub(crate) aggregations: Aggregations,
}

#[derive(Debug, Deserialize)]
struct Shards {
    failed: u32,
}

#[derive(Debug, Deserialize)]
struct RankedHits {
    total: Option<EngineTotal>,
    hits: Vec<RankedHit>,
}

#[derive(Debug, Deserialize)]
struct EngineTotal {
    value: u64,
    relation: String,
}

#[derive(Debug, Deserialize)]
struct RankedHit {
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "_score")]
    score: Option<f64>,
    #[serde(rename = "_source", default)]
    source: Source,
    #[serde(default)]
    fields: Fields,
}

#[derive(Debug, Default, Deserialize)]
struct Source {
    #[serde(default)]
    vector: Option<Vec<f32>>,
    #[serde(default)]
    vector_of: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Fields {
    #[serde(default)]
    vector: Option<Vec<f32>>,
}

/// Asks for ranks. `body` wants no source: it holds the whole text, and would be read for each of the hits.
pub(crate) async fn ranked(engine: &Engine, options: &Options, body: &Value) -> Result<Ranked, PortError> {
    let path = format!("/{}/_search", options.read_alias());
    let answer: Ranked = engine.json(Method::Post, &path, Some(body), options.search_timeout).await?;
    if answer.timed_out || answer.shards.failed > 0 {
        return Err(PortError::unavailable(format!("{} shards did not answer", answer.shards.failed)));
    }
    Ok(answer)
}

impl Ranked {
    /// The documents, the best first.
    pub(crate) fn ids(&self) -> Vec<DocumentId> {
        self.hits.hits.iter().filter_map(RankedHit::document).collect()
    }

    /// How many there are, if that was asked for.
    pub(crate) fn total(&self) -> Total {
        let exactly = self.hits.total.as_ref().is_some_and(|total| total.relation == "eq");
        Total {
            value: self.hits.total.as_ref().map_or(0, |total| total.value),
            relation: if exactly { Relation::Exactly } else { Relation::AtLeast },
        }
    }
}

impl RankedHit {
    /// The engine's id is the tenant's name and the document's.
    fn document(&self) -> Option<DocumentId> {
        self.id.rsplit_once(':')?.1.parse().ok()
    }
}

/// The documents nearest to `vector` within the scope and the filters of `query`: at most [`FUSED_EACH`], the nearest
/// first, none that is less alike than the options allow.
pub(crate) async fn near(
    engine: &Engine,
    options: &Options,
    form: VectorForm,
    scope: &Scope,
    query: &SearchQuery,
    vector: &[f32],
) -> Result<Vec<DocumentId>, PortError> {
    let hits = ranked(engine, options, &form.near(scope, query, vector)).await?.hits.hits;
    // Both engines score a cosine so, to have no negative scores.
    let least = f64::midpoint(1.0, f64::from(options.similarity_min));
    let mut near: Vec<(f64, DocumentId)> =
        hits.iter().filter_map(|hit| Some((hit.score.unwrap_or_default(), hit.document()?))).collect();
    near.retain(|(score, _)| *score >= least);
    // What is equally near has no order of its own.
    near.sort_by(|(a, a_id), (b, b_id)| b.total_cmp(a).then(a_id.cmp(b_id)));
    near.truncate(usize::from(FUSED_EACH));
    Ok(near.into_iter().map(|(_, id)| id).collect())
}

/// What is asked for near ones, as it is told to people: a vector by its length.
pub(crate) fn described(scope: &Scope, query: &SearchQuery, vector: &[f32]) -> Value {
    json!({
        "field": FIELD, "query_vector": format!("{} numbers", vector.len()), "k": FUSED_EACH, "filter": border(scope, query)
    })
}

/// The vectors that the index holds of `ids`.
pub(crate) async fn kept(
    engine: &Engine,
    options: &Options,
    form: VectorForm,
    tenant: &TenantId,
    ids: &[DocumentId],
) -> Result<HashMap<DocumentId, KeptVector>, PortError> {
    let mut kept = HashMap::new();
    for ids in ids.chunks(KEPT_MAX) {
        let mut body = json!({
            "size": ids.len(), "track_total_hits": false, "_source": [FIELD, MADE_OF],
            "query": {"bool": {"filter": [{"term": {"tenant": tenant}}, {"terms": {"id": ids}}]}}
        });
        if form == VectorForm::Dense {
            // From 9.2 on Elasticsearch leaves vectors out of the source that it shows.
            body["fields"] = json!([FIELD]);
        }
        for hit in ranked(engine, options, &body).await?.hits.hits {
            let id = hit.document();
            let vector = hit.source.vector.or(hit.fields.vector);
            if let (Some(id), Some(vector), Some(of)) = (id, vector, hit.source.vector_of) {
                kept.insert(id, KeptVector { of, vector });
            }
        }
    }
    Ok(kept)
}

/// Documents of a tenant that have no vector, by id, after `after`.
pub(crate) async fn without(
    engine: &Engine,
    options: &Options,
    tenant: &TenantId,
    after: Option<DocumentId>,
    size: u16,
) -> Result<Vec<DocumentId>, PortError> {
    let mut body = json!({
        "size": size, "track_total_hits": false, "_source": false, "sort": [{"id": "asc"}],
        "query": {"bool": {"filter": [{"term": {"tenant": tenant}}], "must_not": [{"exists": {"field": FIELD}}]}}
    });
    if let Some(after) = after {
        body["search_after"] = json!([after]);
    }
    Ok(ranked(engine, options, &body).await?.ids())
}
