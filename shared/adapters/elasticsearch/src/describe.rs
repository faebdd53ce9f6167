//! A search as the engine is sent it, for whoever wants to know how it was run.

use crate::{Ranking, near, search};
use octavo_domain_search::{Scope, SearchQuery};
use serde_json::{Value, json};

/// The body of the first request. Which documents are hidden from the person is nobody's to read, so each list of ids of
/// a `must_not` stands there as its length.
pub(crate) fn describe(ranking: &Ranking, scope: &Scope, query: &SearchQuery) -> Value {
    let tolerant = query.after.as_ref().is_some_and(|after| after.tolerant);
    let mut body = search::body(ranking, scope, query, tolerant);
    if let Some(vector) = &query.vector {
        // A request of its own, at the same time.
        body["knn"] = near::described(scope, query, vector);
    }
    without_hidden(&mut body);
    body
}

fn without_hidden(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name == "must_not" {
                    counted(member);
                }
                without_hidden(member);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_hidden),
        _ => {}
    }
}

fn counted(clauses: &mut Value) {
    for clause in clauses.as_array_mut().into_iter().flatten() {
        if let Some(ids) = clause.pointer("/terms/id").and_then(Value::as_array) {
            *clause = json!({"terms": {"id": format!("{} hidden", ids.len())}});
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_domain_kernel::DocumentId;
    use octavo_domain_search::SearchRequest;
    use uuid::Uuid;

    #[test]
    fn what_is_hidden_is_counted_only() {
        let hidden = DocumentId(Uuid::from_u128(0x1234_5678));
        let scope = Scope {
            tenant: "acme".parse().unwrap(),
            user: "ada".parse().unwrap(),
            readers: vec!["user:ada".parse().unwrap()],
            hidden: vec![hidden],
        };
        let request = SearchRequest { text: Some("borrow".to_owned()), ..SearchRequest::default() };
        let body = describe(&Ranking::default(), &scope, &request.validate().unwrap());
        assert!(!body.to_string().contains(&hidden.to_string()), "{body}");
        assert_eq!(body["query"]["bool"]["must_not"], json!([{"terms": {"id": "1 hidden"}}]));
        assert!(body.to_string().contains("borrow"), "{body}");
    }
}
