//! Changes a document's title, tags or metadata.

use crate::change::{self, Change};
use crate::view::DocumentView;
use crate::{Deps, DocumentsFault, authorise, idempotency};
use http::StatusCode;
use octavo_domain_documents::{Access, Document, Metadata, check_metadata, check_tags, check_title};
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Request, Response, if_match};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::sync::Arc;

/// What is to change; what is not sent stays.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentPatch {
    /// The new title.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false, max_length = 512, example = "The better plan")]
    title: Option<String>,
    /// All tags, as they are to be.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<String>>, nullable = false, example = json!(["finance"]))]
    tags: Option<Vec<String>>,
    /// A merge patch (RFC 7396): members replace those of the same name, null removes one.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>, nullable = false, example = json!({"case": 18, "draft": null}))]
    metadata: Option<Metadata>,
}

/// A null where none has a meaning must be refused, not taken for a member that was not sent.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Changes a document's title, tags or metadata.
///
/// With `If-Match` only on that revision; without it on whichever is the present one.
#[utoipa::path(
    patch, path = "/v1/documents/{id}", tag = "documents", operation_id = "document_patch",
    params(
        ("id" = String, Path, format = Uuid, description = "The document", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081"),
        ("If-Match" = Option<String>, Header, description = "The entity tag of the revision that is changed", example = "\"r1\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request; 1 to 255 characters"),
    ),
    request_body = DocumentPatch,
    responses(
        (status = 200, body = DocumentView, headers(("ETag" = String))),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Shared with you to be read only"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may read"),
        (status = 410, body = ProblemDocument, content_type = "application/problem+json", description = "Yours, and deleted"),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json", description = "At another revision: current_revision, current_etag"),
        (status = 415, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let demanded = if_match(&request)?;
    let patch: DocumentPatch = request.json()?;
    let idempotency = idempotency::read(&request, principal, &request.body)?;
    if let Some(answer) = idempotency::replay(&deps, principal, idempotency.as_ref()).await? {
        return Ok(answer);
    }
    let id = request.param("id")?;
    for attempt in 1.. {
        let before = authorise::living(&deps, principal, id, Access::Editor).await?;
        change::check_revision(&before, demanded)?;
        let now = change::now(&deps);
        let patched = patched(&before, &patch)?;
        if patched == before && idempotency.is_none() {
            return Ok(DocumentView::of(&before, principal).answer(StatusCode::OK));
        }
        let after = change::next(&patched, principal, now);
        let view = DocumentView::of(&after, principal);
        let record = idempotency
            .as_ref()
            .map(|idempotency| idempotency.record(StatusCode::OK, change::as_json(&view), after.revision, now));
        let change = Change { before: Some(before), after, version: None, idempotency: record };
        match change::make(&deps, Some(&request), change).await {
            Ok(()) => return Ok(view.answer(StatusCode::OK)),
            Err(error) => {
                // The same request at the same time may have been faster.
                if let Some(answer) = idempotency::replay(&deps, principal, idempotency.as_ref()).await? {
                    return Ok(answer);
                }
                if let Some(problem) = change::refused(error, demanded, attempt) {
                    return Err(problem);
                }
            }
        }
    }
    Err(DocumentsFault::Contended.into())
}

fn patched(before: &Document, patch: &DocumentPatch) -> Result<Document, EdgeFault> {
    let mut after = before.clone();
    if let Some(title) = &patch.title {
        after.title = check_title("title", title)?;
    }
    if let Some(tags) = &patch.tags {
        after.tags = check_tags("tags", tags)?;
    }
    if let Some(metadata) = &patch.metadata {
        merge(&mut after.metadata, metadata);
        check_metadata("metadata", &after.metadata)?;
    }
    Ok(after)
}

/// RFC 7396, section 2. Its depth is bounded by that of the JSON that was parsed.
fn merge(target: &mut Metadata, patch: &Metadata) {
    for (name, value) in patch {
        match value {
            // Not swapped with the last: the order of the members is the client's own.
            Value::Null => drop(target.shift_remove(name)),
            Value::Object(inner) => {
                let slot = target.entry(name).or_insert_with(|| Value::Object(Metadata::new()));
                if !slot.is_object() {
                    *slot = Value::Object(Metadata::new());
                }
                if let Value::Object(members) = slot {
                    merge(members, inner);
                }
            }
            other => drop(target.insert(name.clone(), other.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorise::tests::document;
    use serde_json::json;

    fn merged(target: Value, patch: Value) -> Value {
        let (Value::Object(mut target), Value::Object(patch)) = (target, patch) else { panic!("two objects") };
        merge(&mut target, &patch);
        Value::Object(target)
    }

    #[test]
    fn the_examples_of_the_specification() {
        assert_eq!(merged(json!({"a":"b"}), json!({"a":"c"})), json!({"a":"c"}));
        assert_eq!(merged(json!({"a":"b","b":"c"}), json!({"a":null})), json!({"b":"c"}));
        assert_eq!(merged(json!({"a":["b"]}), json!({"a":"c"})), json!({"a":"c"}));
        assert_eq!(merged(json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}})), json!({"a":{"b":"d"}}));
        assert_eq!(merged(json!({"a":[{"b":"c"}]}), json!({"a":[1]})), json!({"a":[1]}));
        assert_eq!(merged(json!({}), json!({"a":{"bb":{"ccc":null}}})), json!({"a":{"bb":{}}}));
    }

    #[test]
    fn what_is_not_sent_stays() {
        let patch: DocumentPatch = serde_json::from_value(json!({ "tags": ["z", "a"] })).unwrap();
        let after = patched(&document(), &patch).unwrap();
        assert_eq!((after.title, after.tags), ("Plan".to_owned(), vec!["a".to_owned(), "z".to_owned()]));
    }

    #[test]
    fn null_is_no_title() {
        assert!(serde_json::from_value::<DocumentPatch>(json!({ "title": null })).is_err());
        assert!(serde_json::from_value::<DocumentPatch>(json!({ "colour": "red" })).is_err());
    }
}
