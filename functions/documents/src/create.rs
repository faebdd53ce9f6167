//! Makes a document.

use crate::change::{self, Change};
use crate::view::DocumentView;
use crate::{Deps, DocumentsFault, idempotency, input, intake};
use http::StatusCode;
use octavo_domain_documents::{Document, Version, check_title};
use octavo_domain_kernel::DocumentId;
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// The title of a document that nothing gives one.
pub(crate) const UNTITLED: &str = "Untitled";

/// Makes a document of a text or a file.
///
/// Whoever makes it owns it. Its text is extracted for search. With an `Idempotency-Key` the request can be sent again
/// for 24 hours and makes one document.
#[utoipa::path(
    post, path = "/v1/documents", tag = "documents", operation_id = "document_create",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this request; 1 to 255 characters")),
    request_body(content((input::DocumentInput = "application/json"), (input::DocumentForm = "multipart/form-data"))),
    responses(
        (status = 201, body = DocumentView, headers(("ETag" = String), ("Location" = String))),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Over 4 MiB, or too large inside"),
        (status = 415, body = ProblemDocument, content_type = "application/problem+json", description = "Of a format that is not taken"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field or the file is not acceptable"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?.clone();
    let input = input::read(&request).await?;
    let idempotency = idempotency::read(&request, &principal, &input.meaning())?;
    if let Some(answer) = idempotency::replay(&deps, &principal, idempotency.as_ref()).await? {
        return Ok(answer);
    }
    let now = change::now(&deps);
    let grants = input::grants(input.shares, &principal.user, &principal, now)?;
    let intake = intake::understand(input.upload)?;
    let title = match input.title.as_deref().or(intake.title.as_deref()) {
        Some(title) => check_title("title", title).map_err(EdgeFault::from)?,
        None => UNTITLED.to_owned(),
    };
    intake::store(&deps, &principal.tenant, &intake).await?;
    let document = Document {
        id: DocumentId(deps.ids.next()),
        tenant: principal.tenant.clone(),
        revision: 1,
        version: 1,
        content: intake.content.clone(),
        title: title.clone(),
        tags: input.tags,
        metadata: input.metadata,
        owner: principal.user.clone(),
        grants,
        created_at: now,
        updated_at: now,
        updated_by: principal.user.clone(),
        deleted_at: None,
    };
    let version =
        Version { number: 1, content: intake.content, title, created_by: principal.user.clone(), created_at: now };
    let view = DocumentView::of(&document, &principal);
    let record =
        idempotency.as_ref().map(|idempotency| idempotency.record(StatusCode::CREATED, change::as_json(&view), 1, now));
    let change = Change { before: None, after: document, version: Some(version), idempotency: record };
    match change::make(&deps, Some(&request), change).await {
        Ok(()) => Ok(view.answer(StatusCode::CREATED)),
        Err(error) => match change::refused(error, None, 1) {
            Some(problem) => Err(problem),
            // The same request at the same time was faster: its answer is this one's.
            None => match idempotency::replay(&deps, &principal, idempotency.as_ref()).await? {
                Some(answer) => Ok(answer),
                None => Err(DocumentsFault::Contended.into()),
            },
        },
    }
}
