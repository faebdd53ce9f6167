//! Under which key an answer is kept.

use crate::{Scope, SearchQuery};
use octavo_domain_kernel::{CacheKey, TenantId};
use std::fmt::Write;

/// Changed when the form of a cached answer changes, so that a new release does not read an old one's.
const FORM: &str = "2";

/// The key of the answer to `query` within `scope` at `generation`. Everything that can change the answer is in it: two
/// people share an answer only if they are the same user with the same groups, for whom the same is hidden.
pub fn cache_key(scope: &Scope, query: &SearchQuery, generation: i64) -> CacheKey {
    let mut form = String::new();
    let mut part = |name: &str, value: &str| {
        // The length keeps one part from running into the next.
        let _ = write!(form, "{name}:{}:{value};", value.len());
    };
    part("form", FORM);
    part("query", &query.fingerprint());
    // The fingerprint leaves letters' case aside; what is suggested for a query does not.
    part("text", query.text.as_deref().unwrap_or_default());
    part("size", &query.size.to_string());
    part("highlight", &query.highlight.to_string());
    part("facets", &serde_json::to_string(&query.facets).unwrap_or_default());
    part("mode", &serde_json::to_string(&query.mode).unwrap_or_default());
    part("vector", &serde_json::to_string(&query.vector).unwrap_or_default());
    part("alternatives", &serde_json::to_string(&query.alternatives).unwrap_or_default());
    part("exact", &query.exact.to_string());
    part("after", &serde_json::to_string(&query.after).unwrap_or_default());
    part("generation", &generation.to_string());
    part("user", scope.user.as_str());
    for reader in &scope.readers {
        part("reader", &reader.to_string());
    }
    for hidden in &scope.hidden {
        part("hidden", &hidden.to_string());
    }
    name(&scope.tenant, &form)
}

fn name(tenant: &TenantId, form: &str) -> CacheKey {
    CacheKey::new(tenant, "search", blake3::hash(form.as_bytes()).to_hex().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alternative, SearchRequest};
    use octavo_domain_kernel::{DocumentId, Reader};
    use std::collections::HashSet;
    use uuid::Uuid;

    fn scope(tenant: &str, readers: &[&str], hidden: &[u128]) -> Scope {
        Scope {
            tenant: tenant.parse().unwrap(),
            user: "ada".parse().unwrap(),
            readers: readers.iter().map(|reader| reader.parse::<Reader>().unwrap()).collect(),
            hidden: hidden.iter().map(|&id| DocumentId(Uuid::from_u128(id))).collect(),
        }
    }

    fn query(json: serde_json::Value) -> SearchQuery {
        serde_json::from_value::<SearchRequest>(json).unwrap().validate().unwrap()
    }

    #[test]
    fn whatever_changes_the_answer_changes_the_key() {
        let plain = query(serde_json::json!({"text": "a"}));
        let ada = scope("acme", &["user:ada"], &[]);
        let mut with_vector = plain.clone();
        with_vector.vector = Some(vec![0.5]);
        let mut with_alternative = plain.clone();
        with_alternative.alternatives = vec![Alternative { of: "a".to_owned(), is: "b".to_owned() }];
        let keys = [
            cache_key(&ada, &plain, 1),
            cache_key(&ada, &with_vector, 1),
            cache_key(&ada, &with_alternative, 1),
            cache_key(&ada, &query(serde_json::json!({"text": "a", "mode": "hybrid"})), 1),
            cache_key(&ada, &plain, 2),
            cache_key(&scope("umbrella", &["user:ada"], &[]), &plain, 1),
            cache_key(&scope("acme", &["user:ada", "group:legal"], &[]), &plain, 1),
            cache_key(&scope("acme", &["user:ada"], &[7]), &plain, 1),
            cache_key(&ada, &query(serde_json::json!({"text": "a", "size": 2})), 1),
            cache_key(&ada, &query(serde_json::json!({"text": "a", "highlight": true})), 1),
            cache_key(&ada, &query(serde_json::json!({"text": "a", "facets": [{"field": "tags"}]})), 1),
            cache_key(&ada, &query(serde_json::json!({"text": "a", "sort": "title"})), 1),
        ];
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
        // Explaining is no part of the answer.
        assert_eq!(keys[0], cache_key(&ada, &query(serde_json::json!({"text": "a", "explain": true})), 1));
        assert_eq!(with_alternative.fingerprint(), plain.fingerprint());
        assert_eq!(with_vector.fingerprint(), plain.fingerprint());
        assert_eq!(keys[0], cache_key(&ada, &query(serde_json::json!({"text": " a "})), 1));
        assert!(keys[0].as_str().starts_with("octavo:{acme}:search:"));
    }
}
