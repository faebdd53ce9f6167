//! Restores a deleted document.

use crate::change::{self, Change};
use crate::view::DocumentView;
use crate::{Deps, DocumentsFault, authorise};
use http::StatusCode;
use octavo_domain_documents::Access;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response, if_match};
use std::sync::Arc;

/// Restores a deleted document as it was, sharing included. Only its owner can.
///
/// Restoring what is not deleted changes nothing and is no error.
#[utoipa::path(
    post, path = "/v1/documents/{id}/restore", tag = "documents", operation_id = "document_restore",
    params(
        ("id" = String, Path, format = Uuid, description = "The document", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081"),
        ("If-Match" = Option<String>, Header, description = "The entity tag of the revision that is restored", example = "\"r2\""),
    ),
    responses(
        (status = 200, body = DocumentView, headers(("ETag" = String))),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not yours"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that is yours"),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json", description = "At another revision: current_revision, current_etag"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let demanded = if_match(&request)?;
    let id = request.param("id")?;
    for attempt in 1.. {
        let before = authorise::any(&deps, principal, id, Access::Owner).await?;
        if before.deleted_at.is_none() {
            return Ok(DocumentView::of(&before, principal).answer(StatusCode::OK));
        }
        change::check_revision(&before, demanded)?;
        let mut after = change::next(&before, principal, change::now(&deps));
        after.deleted_at = None;
        let view = DocumentView::of(&after, principal);
        let change = Change { before: Some(before), after, version: None, idempotency: None };
        match change::make(&deps, Some(&request), change).await {
            Ok(()) => return Ok(view.answer(StatusCode::OK)),
            Err(error) => {
                if let Some(problem) = change::refused(error, demanded, attempt) {
                    return Err(problem);
                }
            }
        }
    }
    Err(DocumentsFault::Contended.into())
}
