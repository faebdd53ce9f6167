//! Titles that what is being typed may become.

use crate::Options;
use crate::engine::Engine;
use crate::schema::PREFIX_LETTERS_MAX;
use crate::scope::{BoolQuery, within};
use elasticsearch::http::Method;
use octavo_domain_kernel::{DocumentId, PortError};
use octavo_domain_search::{Scope, SuggestQuery, TitleSuggestion};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashSet;

/// Documents asked for to get one title: many documents are called the same.
const OVERSAMPLING: u16 = 4;

#[derive(Debug, Deserialize)]
struct EngineAnswer {
    hits: EngineHits,
}

#[derive(Debug, Deserialize)]
struct EngineHits {
    hits: Vec<EngineHit>,
}

#[derive(Debug, Deserialize)]
struct EngineHit {
    #[serde(rename = "_source")]
    source: Source,
}

#[derive(Debug, Deserialize)]
struct Source {
    id: DocumentId,
    title: String,
}

pub(crate) async fn suggest(
    engine: &Engine,
    options: &Options,
    scope: &Scope,
    query: &SuggestQuery,
) -> Result<Vec<TitleSuggestion>, PortError> {
    let path = format!("/{}/_search", options.read_alias());
    for tolerant in [false, true] {
        let body = body(scope, query, tolerant);
        let answer: EngineAnswer = engine.json(Method::Post, &path, Some(&body), options.search_timeout).await?;
        let titles = distinct(answer.hits.hits, query.limit.into());
        if !titles.is_empty() {
            return Ok(titles);
        }
    }
    Ok(Vec::new())
}

fn body(scope: &Scope, query: &SuggestQuery, tolerant: bool) -> Value {
    // No longer beginning of a word is indexed.
    let beginnings: Vec<String> =
        query.prefix.split(' ').map(|word| word.chars().take(PREFIX_LETTERS_MAX).collect()).collect();
    let mut beginning = json!({"query": beginnings.join(" "), "operator": "and"});
    if tolerant {
        // The first letter must be right: of two or three letters nearly everything else is one error away.
        beginning["fuzziness"] = json!("AUTO");
        beginning["prefix_length"] = json!(1);
    }
    let clauses = BoolQuery {
        must: vec![json!({"match": {"title.beginnings": beginning}})],
        // Whole words first, in their order.
        should: vec![json!({"match_phrase": {"title": {"query": query.prefix, "boost": 2.0}}})],
        ..BoolQuery::default()
    };
    json!({
        "size": query.limit * OVERSAMPLING,
        "track_total_hits": false,
        "query": within(scope, clauses),
        "_source": ["id", "title"],
        "sort": [{"_score": "desc"}, {"updated_at": "desc"}, {"id": "asc"}]
    })
}

fn distinct(hits: Vec<EngineHit>, limit: usize) -> Vec<TitleSuggestion> {
    let mut seen = HashSet::new();
    hits.into_iter()
        .map(|hit| TitleSuggestion { id: hit.source.id, title: hit.source.title })
        .filter(|suggestion| seen.insert(suggestion.title.to_lowercase()))
        .take(limit)
        .collect()
}
