//! The border of every query, in the one place where it is drawn.

use octavo_domain_search::Scope;
use serde_json::{Value, json};

/// `query` within `scope`: tenant, permissions and what is hidden are clauses of the query, in filter context. Every
/// query of this adapter that is asked on somebody's behalf goes through here, and through nothing else.
pub(crate) fn within(scope: &Scope, mut query: BoolQuery) -> Value {
    query.filter.push(json!({"term": {"tenant": scope.tenant}}));
    query.filter.push(json!({"terms": {"readers": scope.readers}}));
    if !scope.hidden.is_empty() {
        query.must_not.push(json!({"terms": {"id": scope.hidden}}));
    }
    json!({"bool": {
        "must": query.must,
        "should": query.should,
        "filter": query.filter,
        "must_not": query.must_not,
        // Only the score is affected by what should be.
        "minimum_should_match": 0
    }})
}

/// The clauses of a `bool` query.
#[derive(Debug, Default)]
pub(crate) struct BoolQuery {
    /// Must match, and counts for the score.
    pub(crate) must: Vec<Value>,
    /// Counts for the score, if it matches.
    pub(crate) should: Vec<Value>,
    /// Must match.
    pub(crate) filter: Vec<Value>,
    /// Must not match.
    pub(crate) must_not: Vec<Value>,
}
