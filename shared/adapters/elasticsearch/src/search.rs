//! A search: asked exactly first, and once more with typing errors tolerated if nothing was found.

use crate::engine::Engine;
use crate::facets::Aggregations;
use crate::highlight::Marked;
use crate::schema::RESULT_WINDOW_MAX;
use crate::{Options, Ranking, did_you_mean, facets, highlight, query};
use chrono::{DateTime, Utc};
use elasticsearch::http::Method;
use octavo_domain_kernel::{DocumentId, PortError};
use octavo_domain_search::{
    Found, Highlights, Hit, Position, Relation, Scope, SearchQuery, Sort, TOTAL_EXACT_MAX, Total,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// What an answer shows: not the text, nor who else may read it.
pub(crate) const SHOWN: [&str; 10] =
    ["id", "title", "tags", "media_type", "owner", "created_at", "updated_at", "file_name", "size", "revision"];

#[derive(Debug, Deserialize)]
pub(crate) struct EngineAnswer {
    #[serde(default)]
    timed_out: bool,
    #[serde(rename = "_shards")]
    shards: Shards,
    hits: EngineHits,
    #[serde(default)]
    aggregations: Aggregations,
}

#[derive(Debug, Deserialize)]
struct Shards {
    failed: u32,
}

#[derive(Debug, Deserialize)]
struct EngineHits {
    /// Not there where nobody asked for it.
    #[serde(default)]
    total: EngineTotal,
    hits: Vec<EngineHit>,
}

#[derive(Debug, Default, Deserialize)]
struct EngineTotal {
    value: u64,
    relation: String,
}

#[derive(Debug, Deserialize)]
struct EngineHit {
    #[serde(rename = "_score")]
    score: Option<f64>,
    #[serde(rename = "_source")]
    source: Source,
    #[serde(default)]
    sort: Vec<Value>,
    #[serde(default)]
    highlight: Marked,
}

#[derive(Debug, Deserialize)]
struct Source {
    id: DocumentId,
    title: String,
    #[serde(default)]
    tags: Vec<String>,
    media_type: String,
    owner: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[serde(default)]
    file_name: Option<String>,
    size: u64,
    revision: i64,
}

pub(crate) async fn search(
    engine: &Engine,
    options: &Options,
    scope: &Scope,
    query: &SearchQuery,
) -> Result<Found, PortError> {
    if let Some(after) = &query.after {
        let answer = ask(engine, options, scope, query, after.tolerant).await?;
        return found(query, answer, after.tolerant);
    }
    let exact = ask(engine, options, scope, query, false).await?;
    let tolerated = options.ranking.tolerance && !query.exact && query.text.is_some();
    if exact.hits.total.value > 0 || !tolerated {
        return found(query, exact, false);
    }
    // A second chance rather than a part of the first query: tolerance costs the most where it is not needed, and what
    // was typed right must not stand below what is merely similar.
    let tolerant = ask(engine, options, scope, query, true).await?;
    found(query, tolerant, true)
}

async fn ask(
    engine: &Engine,
    options: &Options,
    scope: &Scope,
    query: &SearchQuery,
    tolerant: bool,
) -> Result<EngineAnswer, PortError> {
    send(engine, options, &body(&options.ranking, scope, query, tolerant)).await
}

/// Sends a search and reads its whole answer.
pub(crate) async fn send(engine: &Engine, options: &Options, body: &Value) -> Result<EngineAnswer, PortError> {
    let path = format!("/{}/_search", options.read_alias());
    let answer: EngineAnswer = engine.json(Method::Post, &path, Some(body), options.search_timeout).await?;
    answer.complete()?;
    Ok(answer)
}

impl EngineAnswer {
    /// Fails if a part is missing. A part of the answer is a wrong answer: it would be cached, and pages would have holes.
    pub(crate) fn complete(&self) -> Result<(), PortError> {
        if self.timed_out || self.shards.failed > 0 {
            return Err(PortError::unavailable(format!("{} shards did not answer", self.shards.failed)));
        }
        Ok(())
    }

    /// What the words of `text` might have been meant to be, by what was found while typing errors were tolerated.
    pub(crate) fn suggestions(&self, text: &str) -> Vec<String> {
        let found = self.hits.hits.iter().flat_map(|hit| hit.highlight.found());
        did_you_mean::corrected(text, found).into_iter().collect()
    }

    /// The hits as they are shown.
    pub(crate) fn into_hits(self, highlighted: bool) -> Vec<Hit> {
        self.hits.hits.into_iter().map(|hit| hit.shown(highlighted)).collect()
    }
}

pub(crate) fn body(ranking: &Ranking, scope: &Scope, query: &SearchQuery, tolerant: bool) -> Value {
    let mut body = json!({
        // One more than wanted tells whether more follow.
        "size": query.size + 1,
        "track_total_hits": TOTAL_EXACT_MAX,
        "query": query::query(ranking, scope, query, tolerant),
        "_source": SHOWN,
        "sort": sort(query.effective_sort())
    });
    if let Some(after) = &query.after {
        let in_window = after.seen + u32::from(query.size) < RESULT_WINDOW_MAX;
        if query.effective_sort() == Sort::Relevance && in_window {
            // A score is no fixed point: each refresh moves it a little, for all documents that fit equally well at once,
            // and `search_after` would then repeat or skip all of these. Ranks hardly move.
            body["from"] = json!(after.seen);
        } else {
            body["search_after"] = json!(after.values);
        }
    }
    if query.highlight || tolerant {
        body["highlight"] = highlight::request();
    }
    if !query.facets.is_empty() {
        body["aggs"] = facets::request(&query.facets);
    }
    body
}

fn sort(sort: Sort) -> Value {
    match sort {
        Sort::Relevance => json!([{"_score": "desc"}, {"id": "asc"}]),
        Sort::Updated => json!([{"updated_at": "desc"}, {"id": "asc"}]),
        Sort::Created => json!([{"created_at": "desc"}, {"id": "asc"}]),
        Sort::Title => json!([{"title_sort": "asc"}, {"id": "asc"}]),
    }
}

pub(crate) fn found(query: &SearchQuery, answer: EngineAnswer, tolerant: bool) -> Result<Found, PortError> {
    let facets = facets::answer(&query.facets, &answer.aggregations)?;
    let size = usize::from(query.size);
    let mut engine_hits = answer.hits.hits;
    let more = engine_hits.len() > size;
    engine_hits.truncate(size);
    let suggestions = match &query.text {
        Some(text) if tolerant => {
            did_you_mean::corrected(text, engine_hits.iter().flat_map(|hit| hit.highlight.found()))
                .into_iter()
                .collect()
        }
        _ => Vec::new(),
    };
    let next = match engine_hits.last() {
        Some(last) if more => {
            let before = query.after.as_ref().map_or(0, |after| after.seen);
            Some(Position { tolerant, seen: before + u32::from(query.size), values: last.sort.clone() })
        }
        _ => None,
    };
    let relation = if answer.hits.total.relation == "eq" { Relation::Exactly } else { Relation::AtLeast };
    Ok(Found {
        hits: engine_hits.into_iter().map(|hit| hit.shown(query.highlight)).collect(),
        total: Total { value: answer.hits.total.value, relation },
        facets,
        suggestions,
        tolerant,
        next,
        degraded: None,
    })
}

impl EngineHit {
    fn shown(self, highlighted: bool) -> Hit {
        let source = self.source;
        Hit {
            id: source.id,
            title: source.title,
            score: self.score,
            highlights: if highlighted { self.highlight.render() } else { Highlights::default() },
            tags: source.tags,
            media_type: source.media_type,
            owner: source.owner,
            created_at: source.created_at,
            updated_at: source.updated_at,
            file_name: source.file_name,
            size: source.size,
            revision: source.revision,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_domain_search::SearchRequest;

    #[test]
    fn a_whole_body() {
        let request: SearchRequest = serde_json::from_value(json!({
            "text": "borrow", "highlight": true, "size": 5,
            "facets": [{"field": "tags"}, {"field": "updated", "interval": "year", "size": 3}]
        }))
        .unwrap();
        let mut query = request.validate().unwrap();
        let scope = Scope {
            tenant: "acme".parse().unwrap(),
            user: "ada".parse().unwrap(),
            readers: vec!["user:ada".parse().unwrap()],
            hidden: Vec::new(),
        };
        insta::assert_json_snapshot!(body(&Ranking::default(), &scope, &query, false));
        let mut after = |seen: u32, sort: Sort| {
            query.after = Some(Position { tolerant: false, seen, values: vec![json!(1.5), json!("x")] });
            query.sort = sort;
            let body = body(&Ranking::default(), &scope, &query, false);
            (body.get("from").cloned(), body.get("search_after").cloned())
        };
        assert_eq!(after(9994, Sort::Relevance), (Some(json!(9994)), None));
        assert_eq!(after(9995, Sort::Relevance), (None, Some(json!([1.5, "x"]))));
        assert_eq!(after(5, Sort::Updated), (None, Some(json!([1.5, "x"]))));
    }
}
