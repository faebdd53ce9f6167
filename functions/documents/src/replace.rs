//! Replaces a document, or its body alone.

use crate::change::{self, Change};
use crate::create::UNTITLED;
use crate::idempotency::{self, Idempotency};
use crate::input::{self, DocumentForm, DocumentInput, Input};
use crate::intake::{self, Intake, Upload};
use crate::view::DocumentView;
use crate::{Deps, DocumentsFault, authorise};
use http::{StatusCode, header};
use octavo_domain_documents::{Access, Document, MediaType, Metadata, Version, check_file_name, check_title};
use octavo_domain_kernel::Principal;
use octavo_wiring_edge::{EdgeFault, EntityTag, Problem, ProblemDocument, Request, Response, if_match};
use std::sync::Arc;

/// Replaces a document: body, title, tags and metadata.
///
/// What is not sent is emptied, as if the document were made anew; sharing stays. Needs `If-Match`.
#[utoipa::path(
    put, path = "/v1/documents/{id}", tag = "documents", operation_id = "document_replace",
    params(
        ("id" = String, Path, format = Uuid, description = "The document", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081"),
        ("If-Match" = String, Header, description = "The entity tag of the revision that is replaced, or *", example = "\"r1\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request; 1 to 255 characters"),
    ),
    request_body(content((DocumentInput = "application/json"), (DocumentForm = "multipart/form-data"))),
    responses(
        (status = 200, body = DocumentView, headers(("ETag" = String))),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Shared with you to be read only"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may read"),
        (status = 410, body = ProblemDocument, content_type = "application/problem+json", description = "Yours, and deleted"),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json", description = "At another revision: current_revision, current_etag"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Over 4 MiB, or too large inside"),
        (status = 415, body = ProblemDocument, content_type = "application/problem+json", description = "Of a format that is not taken"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field or the file is not acceptable"),
        (status = 428, body = ProblemDocument, content_type = "application/problem+json", description = "If-Match is missing"),
    )
)]
pub(crate) async fn whole(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let demanded = demanded(&request)?;
    let input = input::read(&request).await?;
    let idempotency = idempotency::read(&request, request.principal()?, &input.meaning())?;
    let Input { upload, title, tags, metadata, shares } = input;
    if !shares.is_empty() {
        let message = "expected none here; PUT /v1/documents/{id}/shares/{reader} shares a document";
        return Err(EdgeFault::invalid("shares", message).into());
    }
    apply(&deps, &request, demanded, idempotency, upload, Some((title, tags, metadata))).await
}

/// Replaces a document's body; the request's body is the file. Needs `If-Match`.
#[utoipa::path(
    put, path = "/v1/documents/{id}/content", tag = "documents", operation_id = "document_content_replace",
    params(
        ("id" = String, Path, format = Uuid, description = "The document", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081"),
        ("file_name" = Option<String>, Query, description = "The file's name; without it the present one stays"),
        ("If-Match" = String, Header, description = "The entity tag of the revision that is replaced, or *", example = "\"r1\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request; 1 to 255 characters"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file; its own media type is better"),
    responses(
        (status = 200, body = DocumentView, headers(("ETag" = String))),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Shared with you to be read only"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may read"),
        (status = 410, body = ProblemDocument, content_type = "application/problem+json", description = "Yours, and deleted"),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json", description = "At another revision: current_revision, current_etag"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Over 4 MiB, or too large inside"),
        (status = 415, body = ProblemDocument, content_type = "application/problem+json", description = "Of a format that is not taken"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "The file is not acceptable"),
        (status = 428, body = ProblemDocument, content_type = "application/problem+json", description = "If-Match is missing"),
    )
)]
pub(crate) async fn content(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let demanded = demanded(&request)?;
    request.query.only(&["file_name"])?;
    let file_name = request.query.one("file_name")?.map(|name| check_file_name("query:file_name", name));
    let file_name = file_name.transpose().map_err(EdgeFault::from)?;
    // A curl that was told nothing calls every body a form; such a body says nothing of itself.
    let declared = request.content_type()?.filter(|declared| declared != "application/x-www-form-urlencoded");
    let upload = Upload { field: "body", bytes: request.body.clone(), file_name, declared, media_type: None };
    let meaning = [upload.file_name.as_deref().unwrap_or_default().as_bytes(), b"\n", &request.body].concat();
    let idempotency = idempotency::read(&request, request.principal()?, &meaning)?;
    apply(&deps, &request, demanded, idempotency, upload, None).await
}

fn demanded(request: &Request) -> Result<Option<EntityTag>, Problem> {
    if !request.headers.contains_key(header::IF_MATCH) {
        return Err(DocumentsFault::IfMatchMissing.into());
    }
    Ok(if_match(request)?)
}

/// Title, tags and metadata.
type Fields = (Option<String>, Vec<String>, Metadata);

async fn apply(
    deps: &Deps,
    request: &Request,
    demanded: Option<EntityTag>,
    idempotency: Option<Idempotency>,
    mut upload: Upload,
    fields: Option<Fields>,
) -> Result<Response, Problem> {
    let principal = request.principal()?;
    if let Some(answer) = idempotency::replay(deps, principal, idempotency.as_ref()).await? {
        return Ok(answer);
    }
    let id = request.param("id")?;
    let mut before = authorise::living(deps, principal, id, Access::Editor).await?;
    change::check_revision(&before, demanded)?;
    if fields.is_none() && upload.file_name.is_none() {
        upload.file_name = kept_name(&before, upload.declared.as_deref());
    }
    let intake = intake::understand(upload)?;
    intake::store(deps, &principal.tenant, &intake).await?;
    for attempt in 1.. {
        let after = replaced(&before, principal, change::now(deps), &intake, fields.as_ref())?;
        let version = Version {
            number: after.version,
            content: after.content.clone(),
            title: after.title.clone(),
            created_by: principal.user.clone(),
            created_at: after.updated_at,
        };
        let view = DocumentView::of(&after, principal);
        let record = idempotency.as_ref().map(|idempotency| {
            idempotency.record(StatusCode::OK, change::as_json(&view), after.revision, change::now(deps))
        });
        let change = Change { before: Some(before), after, version: Some(version), idempotency: record };
        match change::make(deps, Some(request), change).await {
            Ok(()) => return Ok(view.answer(StatusCode::OK)),
            Err(error) => {
                // The same request at the same time may have been faster, and have made this revision a past one.
                if let Some(answer) = idempotency::replay(deps, principal, idempotency.as_ref()).await? {
                    return Ok(answer);
                }
                if let Some(problem) = change::refused(error, demanded, attempt) {
                    return Err(problem);
                }
            }
        }
        before = authorise::living(deps, principal, id, Access::Editor).await?;
        change::check_revision(&before, demanded)?;
    }
    Err(DocumentsFault::Contended.into())
}

/// The present file name, where the new body is declared to be of the present format or of none.
fn kept_name(before: &Document, declared: Option<&str>) -> Option<String> {
    let same = declared.is_none_or(|declared| {
        declared == "application/octet-stream" || declared.parse::<MediaType>() == Ok(before.content.media_type)
    });
    before.content.file_name.clone().filter(|_| same)
}

fn replaced(
    before: &Document,
    principal: &Principal,
    now: chrono::DateTime<chrono::Utc>,
    intake: &Intake,
    fields: Option<&Fields>,
) -> Result<Document, EdgeFault> {
    let mut after = change::next(before, principal, now);
    after.version += 1;
    after.content = intake.content.clone();
    if let Some((title, tags, metadata)) = fields {
        let title = title.as_deref().or(intake.title.as_deref()).unwrap_or(UNTITLED);
        after.title = check_title("title", title)?;
        after.tags = tags.clone();
        after.metadata = metadata.clone();
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorise::tests::{document, principal};
    use bytes::Bytes;

    fn intake(bytes: &'static [u8]) -> Intake {
        let bytes = Bytes::from_static(bytes);
        let upload =
            Upload { field: "body", bytes, file_name: Some("a.md".to_owned()), declared: None, media_type: None };
        intake::understand(upload).unwrap()
    }

    #[test]
    fn a_whole_replacement_empties_what_was_not_sent_and_keeps_the_sharing() {
        let (before, bob) = (document(), principal("bob", &[]));
        let fields = (None, Vec::new(), Metadata::new());
        let after = replaced(&before, &bob, before.updated_at, &intake(b"# New"), Some(&fields)).unwrap();
        assert_eq!((after.title.as_str(), after.tags.len(), after.version, after.revision), ("New", 0, 2, 4));
        assert_eq!((&after.grants, &after.owner, after.updated_by), (&before.grants, &before.owner, bob.user));
    }

    #[test]
    fn a_new_body_keeps_the_rest() {
        let before = document();
        let after = replaced(&before, &principal("ada", &[]), before.updated_at, &intake(b"# New"), None).unwrap();
        assert_eq!((after.title, after.tags), (before.title, before.tags));
        assert_ne!(after.content.hash, before.content.hash);
    }

    #[test]
    fn the_file_name_stays_with_its_format() {
        let mut before = document();
        before.content.file_name = Some("plan.md".to_owned());
        assert_eq!(kept_name(&before, Some("text/markdown")).as_deref(), Some("plan.md"));
        assert_eq!(kept_name(&before, None).as_deref(), Some("plan.md"));
        assert_eq!(kept_name(&before, Some("application/pdf")), None);
    }
}
