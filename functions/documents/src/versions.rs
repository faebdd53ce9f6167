//! The versions of a document's body.

use crate::list::limit;
use crate::view::VersionView;
use crate::{Deps, DocumentsFault, authorise};
use http::StatusCode;
use octavo_domain_documents::{Access, Document, Version};
use octavo_domain_kernel::Principal;
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Request, Response, decode_cursor, encode_cursor};
use serde::Serialize;
use std::sync::Arc;

/// A page of versions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct VersionPage {
    /// Newest first.
    versions: Vec<VersionView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Lists the versions of a document, newest first. At most 1,000 are kept.
#[utoipa::path(
    get, path = "/v1/documents/{id}/versions", tag = "documents", operation_id = "document_versions",
    params(
        ("id" = String, Path, format = Uuid, description = "The document", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 100, description = "1 to 100; 20 if not given"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    ),
    responses(
        (status = 200, body = VersionPage),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may read"),
        (status = 410, body = ProblemDocument, content_type = "application/problem+json", description = "Yours, and deleted"),
    )
)]
pub(crate) async fn list(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    request.query.only(&["limit", "cursor"])?;
    let limit = limit(&request.query)?;
    let before: Option<u32> =
        request.query.one("cursor")?.map(|cursor| decode_cursor("query:cursor", cursor)).transpose()?;
    let document = authorise::living(&deps, principal, request.param("id")?, Access::Viewer).await?;
    // One more than is shown tells whether there are more.
    let found = deps.store.document_versions(&principal.tenant, document.id, before, limit + 1).await?;
    let shown: Vec<VersionView> = found.iter().take(usize::from(limit)).map(VersionView::of).collect();
    let more = found.len() > shown.len();
    let next_cursor = shown.last().filter(|_| more).map(|last| encode_cursor(&last.number));
    Ok(Response::json(StatusCode::OK, &VersionPage { versions: shown, next_cursor }))
}

/// Shows one version, without its body.
#[utoipa::path(
    get, path = "/v1/documents/{id}/versions/{number}", tag = "documents", operation_id = "document_version_read",
    params(
        ("id" = String, Path, format = Uuid, description = "The document", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081"),
        ("number" = u32, Path, description = "1 for the first", example = 1),
    ),
    responses(
        (status = 200, body = VersionView),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may read"),
        (status = 410, body = ProblemDocument, content_type = "application/problem+json", description = "Yours, and deleted"),
    )
)]
pub(crate) async fn read(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let (_, version) = find(&deps, request.principal()?, &request).await?;
    Ok(Response::json(StatusCode::OK, &VersionView::of(&version)))
}

/// The version that the path names.
pub(crate) async fn find(
    deps: &Deps,
    principal: &Principal,
    request: &Request,
) -> Result<(Document, Version), Problem> {
    let number: u32 = request
        .param("number")
        .map_err(|_| EdgeFault::malformed("path:number", "expected the number of a version, from 1"))?;
    let document = authorise::living(deps, principal, request.param("id")?, Access::Viewer).await?;
    let found = deps.store.document_version_get(&principal.tenant, document.id, number).await?;
    let version = found.ok_or(DocumentsFault::VersionNotFound { number })?;
    Ok((document, version))
}
