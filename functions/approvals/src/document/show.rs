//! Shows the version that is to be approved, its text, and what changed in it.

use super::compare::{Changes, compare, cut};
use crate::caller::Caller;
use crate::rules::{id, seen};
use crate::{ApprovalsFault, Deps};
use http::StatusCode;
use octavo_domain_approvals::Via;
use octavo_domain_documents::{MediaType, Version};
use octavo_domain_kernel::{BlobKey, DocumentId, PortError, TenantId};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use serde::Serialize;
use std::sync::Arc;

/// Bytes of the text that are shown.
const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// The version that is to be approved.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ApprovedDocumentView {
    /// Which document.
    id: DocumentId,
    /// What the version is called.
    title: String,
    /// Its format.
    media_type: MediaType,
    /// Its number: a decision says it.
    #[schema(example = 3)]
    version: u32,
    /// Its text, as it was extracted.
    text: String,
    /// Whether the text is longer.
    text_truncated: bool,
    /// The version that it is compared with; null for a first one, or if that one is not kept any more.
    since: Option<u32>,
    /// What changed since then; null where it is compared with none.
    changes: Option<Changes>,
    /// The document's newest version; null if it is gone.
    present_version: Option<u32>,
    /// Whether it has been changed since it was sent for approval, or is gone.
    changed: bool,
}

/// Shows the version of the document that is to be approved, with its text and its changes. For everybody who may see the
/// approval: whoever asks somebody to approve a document shows it to them.
#[utoipa::path(
    get, path = "/v1/approvals/{id}/document", tag = "approvals", operation_id = "approval_document",
    params(("id" = String, Path, format = Uuid, description = "The approval", example = "5f1e3a9c-2b4d-8c6e-9f70-a1b2c3d4e5f6")),
    responses(
        (status = 200, body = ApprovedDocumentView),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No approval that you may see, or it is about no document"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let caller = Caller::of(&deps, &request, Via::Api).await?;
    let approval = seen(&deps, &caller, id(&request)?).await?;
    let document = approval.document.as_ref().ok_or(ApprovalsFault::NoDocument)?;
    let tenant = &caller.tenant;
    let version = deps.documents.document_version_get(tenant, document.id, document.version).await?;
    let version = version.ok_or(ApprovalsFault::NoDocument)?;
    let before = match document.since {
        Some(number) => deps.documents.document_version_get(tenant, document.id, number).await?,
        None => None,
    };
    let text = text(&deps, tenant, &version).await?;
    let (since, changes) = match before {
        Some(before) => {
            let old = self::text(&deps, tenant, &before).await?;
            (Some(before.number), Some(compare(&old, &text)))
        }
        None => (None, None),
    };
    let present = deps.documents.document_get(tenant, document.id).await?;
    let present = present.filter(|present| present.deleted_at.is_none()).map(|present| present.version);
    let (shown, cut) = cut(&text, TEXT_BYTES_MAX);
    let view = ApprovedDocumentView {
        id: document.id,
        title: version.title,
        media_type: version.content.media_type,
        version: version.number,
        text: shown.to_owned(),
        text_truncated: cut || version.content.text_truncated,
        since,
        changes,
        present_version: present,
        changed: present != Some(document.version),
    };
    Ok(Response::json(StatusCode::OK, &view))
}

/// The extracted text; empty where there is none.
async fn text(deps: &Deps, tenant: &TenantId, version: &Version) -> Result<String, PortError> {
    let bytes = deps.blobs.get(&BlobKey::text(tenant, &version.content.hash)).await?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default())
}
