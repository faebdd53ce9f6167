//! Gives a file.

use super::key::key;
use crate::{Deps, WorkflowFault};
use http::{HeaderName, HeaderValue, StatusCode, header};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response, byte_range};
use std::sync::Arc;

/// Bytes of an answer at most: AWS Lambda takes 6 MB, and bytes travel in it as Base64.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Gives a file that a workflow reads or has written; a longer one than 4 MiB in ranges.
#[utoipa::path(
    get, path = "/v1/workflow-files/{bucket}", tag = "workflows", operation_id = "workflow_file_get",
    params(
        ("bucket" = String, Path, description = "As a definition names it", example = "imports"),
        ("key" = String, Query, description = "As a definition names it", example = "2026/orders.csv"),
        ("Range" = Option<String>, Header, description = "One range of bytes", example = "bytes=0-1023"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream", description = "The range"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "For the role workflows or admin"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is none"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Too long for one answer"),
        (status = 416, body = ProblemDocument, content_type = "application/problem+json", description = "The range lies outside"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let key = key(&deps, &request)?;
    let size = deps.blobs.head(&key).await?.ok_or(WorkflowFault::NoFile)?.size;
    let range = byte_range(&request, size)?;
    let length = range.map_or(size, |range| range.end - range.start);
    if length > ANSWER_BYTES_MAX as u64 {
        return Err(WorkflowFault::FileTooLong { size, limit: ANSWER_BYTES_MAX }.into());
    }
    let bytes = match range {
        Some(range) => deps.blobs.get_range(&key, range.start..range.end).await?,
        None => deps.blobs.get(&key).await?,
    };
    // Deleted, or another put in its place, since its length was asked for.
    let bytes = bytes.ok_or(WorkflowFault::NoFile)?;
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let response = Response::bytes(status, HeaderValue::from_static("application/octet-stream"), bytes)
        .with(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"))
        .with(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"))
        .with(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"))
        // What somebody put must not run in this API's origin.
        .with(HeaderName::from_static("content-security-policy"), HeaderValue::from_static("sandbox"));
    Ok(match range {
        Some(range) => response.with_text(header::CONTENT_RANGE, &range.content_range(size)),
        None => response,
    })
}
