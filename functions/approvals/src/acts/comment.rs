//! Says something.

use crate::Deps;
use crate::caller::Caller;
use crate::history::HistoryEntry;
use crate::rules::{Done, id, perform};
use http::StatusCode;
use octavo_domain_approvals::{Action, Via};
use octavo_domain_documents::{Access, Document, access};
use octavo_domain_kernel::{DocumentId, FieldFault, Principal};
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Request, Response};
use serde::Deserialize;
use std::sync::Arc;

/// Attachments of a remark.
const ATTACHMENTS_MAX: usize = 10;

/// A remark.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommentInput {
    /// 1 to 4,000 characters of plain text.
    #[schema(min_length = 1, max_length = 4000)]
    text: String,
    /// Documents that you may read, at most 10. Whether others may read them is for their owners to say.
    #[serde(default)]
    #[schema(max_items = 10)]
    attachments: Vec<DocumentId>,
}

/// Says something about an approval, to everybody who may see it.
#[utoipa::path(
    post, path = "/v1/approvals/{id}/comments", tag = "approvals", operation_id = "approval_comment",
    params(("id" = String, Path, format = Uuid, description = "The approval", example = "5f1e3a9c-2b4d-8c6e-9f70-a1b2c3d4e5f6")),
    request_body = CommentInput,
    responses(
        (status = 201, body = HistoryEntry, description = "As it stands in the record"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may see"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let CommentInput { text, attachments } = request.json()?;
    let caller = Caller::of(&deps, &request, Via::Api).await?;
    check(&deps, request.principal()?, &attachments).await?;
    let action = Action::Comment { text, attachments };
    let Done { events, .. } = perform(&deps, &caller, id(&request)?, &action).await?;
    let entry = events.first().map(|event| HistoryEntry::of(event, &caller));
    Ok(Response::json(StatusCode::CREATED, &entry))
}

/// A document that its author may not read would show others' titles.
async fn check(deps: &Deps, principal: &Principal, attachments: &[DocumentId]) -> Result<(), Problem> {
    if attachments.len() > ATTACHMENTS_MAX {
        return Err(EdgeFault::invalid("attachments", format!("expected at most {ATTACHMENTS_MAX}")).into());
    }
    if attachments.is_empty() {
        return Ok(());
    }
    let found = deps.documents.document_get_many(&principal.tenant, attachments).await?;
    let readable = |document: &Document| document.deleted_at.is_none() && access(document, principal) >= Access::Viewer;
    let missing = |id: &DocumentId| !found.iter().any(|document| document.id == *id && readable(document));
    let faults = attachments.iter().enumerate().filter(|(_, id)| missing(id));
    let faults =
        faults.map(|(at, _)| FieldFault::new(format!("attachments[{at}]"), "expected a document that you may read"));
    let faults: Vec<FieldFault> = faults.collect();
    if faults.is_empty() { Ok(()) } else { Err(EdgeFault::Invalid(faults).into()) }
}
