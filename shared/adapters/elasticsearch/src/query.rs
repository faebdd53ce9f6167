//! A search's words and filters as query clauses.

use crate::scope::{BoolQuery, within};
use octavo_domain_search::{DateRange, Filters, Scope, SearchQuery};
use serde_json::{Map, Value, json};

/// Where words are looked for, and how much more a find there counts than in the text. The weights, the absence of a tie
/// breaker and the boosts of phrases were chosen by a known-item evaluation on 2,400 man pages (query: the NAME line's
/// description, taken out of the page): MRR@10 0.72, against 0.48 of an unweighted query.
const FIELDS: [&str; 5] = ["title^5", "headings^2", "text", "tags.words^3", "file_words^2"];
/// Up to two words must all be there, of more three quarters (rounded down).
const WORDS_THAT_MUST_MATCH: &str = "2<75%";
/// Words beyond this are not looked for as a phrase: nobody remembers so long a one, and it costs as if they did.
const PHRASE_WORDS_MAX: usize = 12;

/// The whole query.
pub(crate) fn query(scope: &Scope, query: &SearchQuery, tolerant: bool) -> Value {
    let mut clauses = BoolQuery::default();
    if let Some(text) = &query.text {
        words(text, tolerant, &mut clauses);
    }
    filters(&query.filters, scope, &mut clauses);
    within(scope, clauses)
}

/// Each word may be found in any field: that all words are in one of them is too much to ask, since a title's words
/// need not be in the text. So each is a clause of its own, and the best field counts.
fn words(text: &str, tolerant: bool, clauses: &mut BoolQuery) {
    let words = searchable_words(text);
    let each: Vec<Value> = words.iter().map(|word| word_clause(word, tolerant)).collect();
    clauses.must.push(json!({"bool": {"should": each, "minimum_should_match": WORDS_THAT_MUST_MATCH}}));
    if (2..=PHRASE_WORDS_MAX).contains(&words.len()) && !tolerant {
        clauses.should.push(json!({"match_phrase": {"title": {"query": text, "slop": 1, "boost": 2.0}}}));
        clauses.should.push(json!({"match_phrase": {"text": {"query": text, "slop": 2, "boost": 0.3}}}));
    }
}

fn word_clause(word: &str, tolerant: bool) -> Value {
    let mut clause = Map::new();
    clause.insert("query".to_owned(), json!(word));
    clause.insert("fields".to_owned(), json!(FIELDS));
    clause.insert("type".to_owned(), json!("best_fields"));
    // What one reads as a word may be several to the engine: `std::vec`.
    clause.insert("operator".to_owned(), json!("and"));
    if tolerant {
        clause.insert("fuzziness".to_owned(), json!("AUTO"));
    }
    json!({"multi_match": clause})
}

/// The words of a text, each once, without those that hold neither letter nor digit: they would be clauses that nothing
/// can match.
pub(crate) fn searchable_words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = Vec::new();
    for word in text.split(' ').filter(|word| word.chars().any(char::is_alphanumeric)) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.is_empty() { vec![text] } else { words }
}

fn filters(filters: &Filters, scope: &Scope, clauses: &mut BoolQuery) {
    let mut any_of = |field: &str, values: Value| clauses.filter.push(json!({"terms": {field: values}}));
    if !filters.tags_any.is_empty() {
        any_of("tags", json!(filters.tags_any));
    }
    if !filters.media_types.is_empty() {
        any_of("media_type", json!(filters.media_types));
    }
    if !filters.owners.is_empty() {
        any_of("owner", json!(filters.owners));
    }
    clauses.filter.extend(filters.tags_all.iter().map(|tag| json!({"term": {"tags": tag}})));
    for (field, range) in [("created_at", filters.created), ("updated_at", filters.updated)] {
        if !range.is_open() {
            clauses.filter.push(json!({"range": {field: bounds(range)}}));
        }
    }
    if filters.shared_with_me {
        clauses.must_not.push(json!({"term": {"owner": scope.user}}));
    }
}

fn bounds(range: DateRange) -> Value {
    let mut bounds = Map::new();
    if let Some(from) = range.from {
        bounds.insert("gte".to_owned(), json!(from));
    }
    if let Some(to) = range.to {
        bounds.insert("lt".to_owned(), json!(to));
    }
    Value::Object(bounds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_domain_kernel::DocumentId;
    use octavo_domain_search::SearchRequest;
    use uuid::Uuid;

    fn scope() -> Scope {
        Scope {
            tenant: "acme".parse().unwrap(),
            user: "ada".parse().unwrap(),
            readers: vec!["group:legal".parse().unwrap(), "user:ada".parse().unwrap()],
            hidden: vec![DocumentId(Uuid::from_u128(7))],
        }
    }

    fn body(request: Value, tolerant: bool) -> Value {
        let request: SearchRequest = serde_json::from_value(request).unwrap();
        query(&scope(), &request.validate().unwrap(), tolerant)
    }

    #[test]
    fn a_whole_query() {
        insta::assert_json_snapshot!(body(
            json!({
                "text": "borrow the borrow ::",
                "filters": {
                    "tags": {"any": ["a", "b"], "all": ["c"]}, "media_types": ["text/html"], "owners": ["bob"],
                    "created": {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}, "shared_with_me": true
                }
            }),
            false
        ));
    }

    #[test]
    fn the_border_is_there_whatever_is_asked() {
        for request in [json!({}), json!({"text": "x"}), json!({"filters": {"shared_with_me": true}})] {
            for tolerant in [false, true] {
                let body = body(request.clone(), tolerant);
                let filter = body["bool"]["filter"].as_array().unwrap();
                assert!(filter.contains(&json!({"term": {"tenant": "acme"}})), "{body}");
                assert!(filter.contains(&json!({"terms": {"readers": ["group:legal", "user:ada"]}})), "{body}");
                let hidden = json!({"terms": {"id": ["00000000-0000-0000-0000-000000000007"]}});
                assert!(body["bool"]["must_not"].as_array().unwrap().contains(&hidden), "{body}");
            }
        }
    }

    #[test]
    fn a_text_of_signs_alone_is_still_a_query() {
        assert_eq!(searchable_words("++ --"), ["++ --"]);
        assert_eq!(searchable_words("c++ :: vec vec"), ["c++", "vec"]);
    }
}
