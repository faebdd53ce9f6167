//! Shows a document.

use crate::view::DocumentView;
use crate::{Deps, authorise};
use http::{StatusCode, header};
use octavo_domain_documents::Access;
use octavo_wiring_edge::{EntityTag, Problem, ProblemDocument, Request, Response, if_none_match};
use std::sync::Arc;

/// Shows a document, without its body.
#[utoipa::path(
    get, path = "/v1/documents/{id}", tag = "documents", operation_id = "document_read",
    params(
        ("id" = String, Path, format = Uuid, description = "The document", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081"),
        ("If-None-Match" = Option<String>, Header, description = "An entity tag; 304 if it is still the present one"),
    ),
    responses(
        (status = 200, body = DocumentView, headers(("ETag" = String))),
        (status = 304, description = "Unchanged"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may read"),
        (status = 410, body = ProblemDocument, content_type = "application/problem+json", description = "Yours, and deleted"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let document = authorise::living(&deps, principal, request.param("id")?, Access::Viewer).await?;
    let tag = EntityTag(document.revision).header();
    if if_none_match(&request, tag.to_str().unwrap_or_default())? {
        return Ok(Response::empty(StatusCode::NOT_MODIFIED).with(header::ETAG, tag));
    }
    Ok(DocumentView::of(&document, principal).answer(StatusCode::OK))
}
