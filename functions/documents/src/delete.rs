//! Deletes a document, so that it can be restored.

use crate::change::{self, Change};
use crate::{Deps, DocumentsFault, authorise};
use http::StatusCode;
use octavo_domain_documents::Access;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response, if_match};
use std::sync::Arc;

/// Deletes a document. Only its owner can, and can restore it.
///
/// Deleting what is deleted changes nothing and is no error.
#[utoipa::path(
    delete, path = "/v1/documents/{id}", tag = "documents", operation_id = "document_delete",
    params(
        ("id" = String, Path, format = Uuid, description = "The document", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081"),
        ("If-Match" = Option<String>, Header, description = "The entity tag of the revision that is deleted", example = "\"r1\""),
    ),
    responses(
        (status = 204, description = "It is deleted"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not yours"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may read"),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json", description = "At another revision: current_revision, current_etag"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let demanded = if_match(&request)?;
    let id = request.param("id")?;
    for attempt in 1.. {
        let before = authorise::any(&deps, principal, id, Access::Owner).await?;
        if before.deleted_at.is_some() {
            return Ok(Response::empty(StatusCode::NO_CONTENT));
        }
        change::check_revision(&before, demanded)?;
        let mut after = change::next(&before, principal, change::now(&deps));
        after.deleted_at = Some(after.updated_at);
        let change = Change { before: Some(before), after, version: None, idempotency: None };
        match change::make(&deps, Some(&request), change).await {
            Ok(()) => return Ok(Response::empty(StatusCode::NO_CONTENT)),
            Err(error) => {
                if let Some(problem) = change::refused(error, demanded, attempt) {
                    return Err(problem);
                }
            }
        }
    }
    Err(DocumentsFault::Contended.into())
}
