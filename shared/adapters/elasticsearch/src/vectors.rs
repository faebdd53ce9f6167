//! Vectors in the index: how they are mapped, how near ones are asked for, and whether an index holds such as are made now.
//!
//! Elasticsearch has `dense_vector` and a `knn` section in a search; OpenSearch has `knn_vector` and a `knn` query, if its
//! plugin is there. Which of them an index has, its mapping tells, and nothing else is believed: not what the engine says
//! it is, nor what the settings ask for. In the mapping's `_meta` stands with what its vectors were made, because vectors
//! of two models have nothing to do with each other.

use crate::Options;
use crate::engine::{Answer, Engine};
use crate::query::border;
use crate::schema::template;
use bytes::Bytes;
use elasticsearch::http::Method;
use octavo_domain_kernel::PortError;
use octavo_domain_search::{EmbeddingModel, FUSED_EACH, Scope, SearchQuery};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Where a document's vector stands.
pub(crate) const FIELD: &str = "vector";
/// What it was made of.
pub(crate) const MADE_OF: &str = "vector_of";
/// What of the mapping's `_meta` names the model.
const META: &str = "vectors";
/// Candidates that each shard looks at for one that is wanted: more are slower and find more of the nearest.
const CANDIDATES_EACH: u16 = 2;
const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(5);

/// In whose language vectors are spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VectorForm {
    /// Elasticsearch: `dense_vector`.
    Dense,
    /// OpenSearch: `knn_vector`.
    Knn,
}

impl VectorForm {
    /// By what the engine says of itself. One that says nothing is Elasticsearch, whose smallest distribution lacks the
    /// page that says so.
    async fn of_engine(engine: &Engine) -> Result<Self, PortError> {
        let answer = engine.send(Method::Get, "/", &[], None, LOOK_UP_TIMEOUT).await?;
        if answer.status >= 500 {
            return Err(answer.error());
        }
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        Ok(if said["version"]["distribution"] == "opensearch" { Self::Knn } else { Self::Dense })
    }

    fn mapping(self, model: &EmbeddingModel) -> Value {
        let dimensions = model.dimensions;
        match self {
            Self::Dense => json!({"type": "dense_vector", "dims": dimensions, "index": true, "similarity": "cosine"}),
            Self::Knn => json!({
                "type": "knn_vector", "dimension": dimensions,
                // Lucene's: it applies the filter while it walks the graph, so that a filter does not leave fewer.
                "method": {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"}
            }),
        }
    }

    /// The body of a search for what is nearest to `vector` within the scope and the filters of `query`.
    pub(crate) fn near(self, scope: &Scope, query: &SearchQuery, vector: &[f32]) -> Value {
        let (k, within) = (FUSED_EACH, border(scope, query));
        let mut body = json!({"size": k, "_source": false, "track_total_hits": false});
        match self {
            Self::Dense => {
                body["knn"] = json!({
                    "field": FIELD, "query_vector": vector, "k": k, "num_candidates": k * CANDIDATES_EACH,
                    "filter": within
                });
            }
            Self::Knn => body["query"] = json!({"knn": {FIELD: {"vector": vector, "k": k, "filter": within}}}),
        }
        body
    }
}

/// The template of new indices, with vectors if the settings want them.
fn template_with(options: &Options, form: VectorForm, model: &EmbeddingModel) -> Value {
    let mut template = template(options);
    let inner = &mut template["template"];
    inner["mappings"]["_meta"][META] = json!({"model": model.name, "dimensions": model.dimensions});
    inner["mappings"]["properties"][FIELD] = form.mapping(model);
    inner["mappings"]["properties"][MADE_OF] = json!({"type": "keyword", "index": false, "doc_values": false});
    if form == VectorForm::Knn {
        inner["settings"]["index"]["knn"] = json!(true);
    }
    template
}

/// Puts the template that new indices are made from. An engine that has no vectors gets one without them.
pub(crate) async fn put_template(engine: &Engine, options: &Options, timeout: Duration) -> Result<(), PortError> {
    let path = format!("/_index_template/{}", options.name);
    let put = |body: Value| engine.send(Method::Put, &path, &[], Some(Bytes::from(body.to_string())), timeout);
    if let Some(model) = &options.vectors {
        let made = put(template_with(options, VectorForm::of_engine(engine).await?, model)).await?;
        if made.is_success() {
            return Ok(());
        }
        if !is_without_vectors(&made) {
            return Err(made.error());
        }
        tracing::warn!("the engine holds no vectors: hybrid searches are answered by words");
    }
    let made = put(template(options)).await?;
    if made.is_success() { Ok(()) } else { Err(made.error()) }
}

/// Whether an engine refused what only vectors need: `knn_vector` without its plugin, `dense_vector` without its module.
fn is_without_vectors(answer: &Answer) -> bool {
    let said = String::from_utf8_lossy(&answer.body);
    answer.status == 400 && ["knn_vector", "dense_vector", "index.knn"].iter().any(|name| said.contains(name))
}

#[derive(Debug, Deserialize)]
struct IndexMapping {
    #[serde(default)]
    mappings: Mappings,
}

/// What of an index's mapping is read.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Mappings {
    #[serde(rename = "_meta", default)]
    pub(crate) meta: Map<String, Value>,
    #[serde(default)]
    properties: Map<String, Value>,
}

/// What the vectors of an index are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) form: VectorForm,
    pub(crate) model: EmbeddingModel,
}

impl Held {
    pub(crate) fn of(mappings: &Mappings) -> Option<Self> {
        let form = match mappings.properties.get(FIELD)?["type"].as_str()? {
            "dense_vector" => VectorForm::Dense,
            "knn_vector" => VectorForm::Knn,
            _ => return None,
        };
        let meta = mappings.meta.get(META)?;
        let dimensions = u16::try_from(meta["dimensions"].as_u64()?).ok()?;
        Some(Self { form, model: EmbeddingModel { name: meta["model"].as_str()?.to_owned(), dimensions } })
    }
}

/// The mappings of the indices that `expression` names, by index.
pub(crate) async fn mappings(engine: &Engine, expression: &str) -> Result<BTreeMap<String, Mappings>, PortError> {
    let path = format!("/{expression}/_mapping");
    let indices: BTreeMap<String, IndexMapping> = engine.json(Method::Get, &path, None, LOOK_UP_TIMEOUT).await?;
    Ok(indices.into_iter().map(|(name, index)| (name, index.mappings)).collect())
}

/// The vectors of the indices behind an alias, by index; none for one that has no vectors.
async fn held(engine: &Engine, alias: &str) -> Result<BTreeMap<String, Option<Held>>, PortError> {
    let indices = mappings(engine, alias).await?;
    Ok(indices.into_iter().map(|(name, mappings)| (name, Held::of(&mappings))).collect())
}

/// Fails where the index holds other vectors than the settings name: whoever starts is to know it at once.
pub(crate) async fn check(engine: &Engine, options: &Options) -> Result<(), PortError> {
    let Some(model) = &options.vectors else { return Ok(()) };
    for (index, held) in held(engine, &options.write_alias()).await? {
        if let Some(Held { model: other, .. }) = held
            && other != *model
        {
            return Err(PortError::corrupt(Mismatch { index, holds: other, wanted: model.clone() }));
        }
    }
    Ok(())
}

/// The index was made for another model.
#[derive(Debug, thiserror::Error)]
#[error(
    "the index {index} holds vectors of {} with {} dimensions, and the settings name {} with {}: make a new version of the \
     index, or set OCTAVO_SEARCH_EMBEDDINGS_MODEL and _DIMENSIONS back",
    holds.name, holds.dimensions, wanted.name, wanted.dimensions
)]
struct Mismatch {
    index: String,
    holds: EmbeddingModel,
    wanted: EmbeddingModel,
}

/// Whether the index behind one alias holds vectors of the settings' model; asked of the engine now and then.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<Option<(Instant, Option<VectorForm>)>>);

impl Known {
    /// How the vectors are spoken of; none where an index behind `alias` has none, or of another model.
    pub(crate) async fn form(
        &self,
        engine: &Engine,
        options: &Options,
        alias: &str,
    ) -> Result<Option<VectorForm>, PortError> {
        let Some(model) = &options.vectors else { return Ok(None) };
        // Those who come while it is looked up wait, and find it.
        let mut known = self.0.lock().await;
        if let Some((at, form)) = *known
            // The alias may be moved to another index.
            && at.elapsed() < options.believed
        {
            return Ok(form);
        }
        let indices = held(engine, alias).await?;
        let mut forms = indices.values().map(|held| held.as_ref().filter(|held| held.model == *model));
        let form = match forms.next().flatten() {
            Some(first) if forms.all(|held| held.is_some_and(|held| held.form == first.form)) => Some(first.form),
            _ => None,
        };
        if form.is_none() {
            tracing::warn!(alias, model = model.name, dimensions = model.dimensions, "the index holds no such vectors");
        }
        *known = Some((Instant::now(), form));
        Ok(form)
    }

    /// The next one looks anew.
    pub(crate) async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_domain_kernel::DocumentId;
    use octavo_domain_search::SearchRequest;

    fn model(dimensions: u16) -> EmbeddingModel {
        EmbeddingModel { name: "m".to_owned(), dimensions }
    }

    #[test]
    fn what_stands_in_a_template_is_read_from_a_mapping() {
        let options = Options::new("http://127.0.0.1:1".parse().unwrap());
        for form in [VectorForm::Dense, VectorForm::Knn] {
            let template = template_with(&options, form, &model(3));
            let mappings: Mappings = serde_json::from_value(template["template"]["mappings"].clone()).unwrap();
            assert_eq!(Held::of(&mappings), Some(Held { form, model: model(3) }));
            let knn = template["template"]["settings"]["index"].get("knn");
            assert_eq!(knn.is_some(), form == VectorForm::Knn);
        }
        let plain: Mappings = serde_json::from_value(template(&options)["template"]["mappings"].clone()).unwrap();
        assert_eq!(Held::of(&plain), None);
    }

    #[test]
    fn near_ones_are_asked_for_within_the_border() {
        let scope = Scope {
            tenant: "acme".parse().unwrap(),
            user: "ada".parse().unwrap(),
            readers: vec!["user:ada".parse().unwrap()],
            hidden: vec![DocumentId(uuid::Uuid::from_u128(7))],
        };
        let request: SearchRequest =
            serde_json::from_value(json!({"text": "x", "filters": {"tags": {"any": ["a"]}}})).unwrap();
        let query = request.validate().unwrap();
        insta::assert_json_snapshot!("near_dense", VectorForm::Dense.near(&scope, &query, &[0.6, 0.8]));
        insta::assert_json_snapshot!("near_knn", VectorForm::Knn.near(&scope, &query, &[0.6, 0.8]));
    }
}
