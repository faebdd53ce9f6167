//! Puts a file.

use super::key::key;
use crate::Deps;
use http::StatusCode;
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// The longest media type that is kept, in characters.
const MEDIA_TYPE_CHARS_MAX: usize = 255;

/// Puts a file for workflows to read, in the place of one of this bucket and key if there is one.
#[utoipa::path(
    put, path = "/v1/workflow-files/{bucket}", tag = "workflows", operation_id = "workflow_file_put",
    params(
        ("bucket" = String, Path, description = "As a definition names it", example = "imports"),
        ("key" = String, Query, description = "As a definition names it", example = "2026/orders.csv"),
    ),
    request_body(content = Option<Vec<u8>>, content_type = "application/octet-stream", description = "At most 6 MiB"),
    responses(
        (status = 204, description = "It is there"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "For the role workflows or admin"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let key = key(&deps, &request)?;
    let media_type = request.content_type()?.unwrap_or_else(|| "application/octet-stream".to_owned());
    if media_type.len() > MEDIA_TYPE_CHARS_MAX {
        let message = format!("expected at most {MEDIA_TYPE_CHARS_MAX} characters");
        return Err(EdgeFault::malformed("header:Content-Type", message).into());
    }
    deps.blobs.put(&key, request.body, &media_type).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
