//! Documents like another one.

use crate::Options;
use crate::engine::Engine;
use crate::scope::{BoolQuery, within};
use crate::search::{EngineAnswer, SHOWN};
use elasticsearch::http::Method;
use octavo_domain_kernel::{DocumentId, PortError};
use octavo_domain_search::{Hit, Scope};
use serde::Deserialize;
use serde_json::{Value, json};

/// Where a document's own words are taken from. Not tags and file name: what is filed alike need not be alike.
const FIELDS: [&str; 9] =
    ["title", "headings", "text", "title_de", "text_de", "title_es", "text_es", "title_fr", "text_fr"];
/// Words of the document that are looked for: those that are frequent in it and rare elsewhere.
const WORDS_MAX: u32 = 25;
/// A word in fewer documents is a name or an error, and finds nothing alike. The document itself is one.
const DOCUMENTS_WITH_WORD_MIN: u32 = 2;
/// So many of the words a document must have.
const WORDS_THAT_MUST_MATCH: &str = "30%";

#[derive(Debug, Deserialize)]
struct Place {
    #[serde(rename = "_index")]
    index: String,
    #[serde(rename = "_id")]
    id: String,
}

#[derive(Debug, Deserialize)]
struct PlaceHits {
    hits: Vec<Place>,
}

#[derive(Debug, Deserialize)]
struct PlaceAnswer {
    hits: PlaceHits,
}

pub(crate) async fn similar(
    engine: &Engine,
    options: &Options,
    scope: &Scope,
    id: DocumentId,
    size: u16,
) -> Result<Option<Vec<Hit>>, PortError> {
    let path = format!("/{}/_search", options.read_alias());
    // The words of a document tell what is in it: whoever may not read it is told of none.
    let answer: PlaceAnswer =
        engine.json(Method::Post, &path, Some(&place_body(scope, id)), options.search_timeout).await?;
    let Some(place) = answer.hits.hits.into_iter().next() else { return Ok(None) };
    let answer: EngineAnswer =
        engine.json(Method::Post, &path, Some(&body(scope, id, &place, size)), options.search_timeout).await?;
    answer.complete()?;
    Ok(Some(answer.into_hits(false)))
}

fn place_body(scope: &Scope, id: DocumentId) -> Value {
    let clauses = BoolQuery { filter: vec![json!({"term": {"id": id}})], ..BoolQuery::default() };
    json!({"size": 1, "query": within(scope, clauses), "_source": false})
}

fn body(scope: &Scope, id: DocumentId, place: &Place, size: u16) -> Value {
    let alike = json!({"more_like_this": {
        "fields": FIELDS,
        "like": [{"_index": place.index, "_id": place.id}],
        "max_query_terms": WORDS_MAX,
        "min_term_freq": 1,
        "min_doc_freq": DOCUMENTS_WITH_WORD_MIN,
        "minimum_should_match": WORDS_THAT_MUST_MATCH
    }});
    let clauses = BoolQuery { must: vec![alike], must_not: vec![json!({"term": {"id": id}})], ..BoolQuery::default() };
    json!({
        "size": size,
        "track_total_hits": false,
        "query": within(scope, clauses),
        "_source": SHOWN,
        "sort": [{"_score": "desc"}, {"id": "asc"}]
    })
}
