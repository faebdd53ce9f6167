//! Deletes a file.

use super::key::key;
use crate::Deps;
use http::StatusCode;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Deletes a file; deleting what is not there changes nothing.
#[utoipa::path(
    delete, path = "/v1/workflow-files/{bucket}", tag = "workflows", operation_id = "workflow_file_delete",
    params(
        ("bucket" = String, Path, description = "As a definition names it", example = "imports"),
        ("key" = String, Query, description = "As a definition names it", example = "2026/orders.csv"),
    ),
    responses(
        (status = 204, description = "It is not there"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "For the role workflows or admin"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    deps.blobs.delete(&key(&deps, &request)?).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
