//! Pages that everybody may read.

use super::problem::Problem;
use crate::emulator::Parts;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jsonwebtoken::jwk::JwkSet;
use std::sync::Arc;

const ERRORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/errors");

/// The page of an error code, as it stands in the repository.
pub(super) async fn error(Path(code): Path<String>) -> Result<Response, Problem> {
    let is_code = code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_code {
        return Err(Problem::not_found("error code"));
    }
    let page = tokio::fs::read_to_string(format!("{ERRORS}/{code}.md")).await;
    let page = page.map_err(|_| Problem::not_found("error code"))?;
    let text = HeaderValue::from_static("text/markdown; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, text)], page).into_response())
}

/// The whole API: the documents of all functions as one.
pub(super) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(crate::openapi::whole())
}

/// Everything that is counted, for Prometheus. No tenant and no user is told.
pub(super) async fn metrics(State(parts): State<Arc<Parts>>) -> Response {
    let text = HeaderValue::from_static(crate::metrics::CONTENT_TYPE);
    ([(header::CONTENT_TYPE, text)], parts.exposition().await).into_response()
}

/// The issuer's keys (RFC 7517).
pub(super) async fn jwks(State(parts): State<Arc<Parts>>) -> Result<Json<JwkSet>, Problem> {
    parts.issuer.jwks().map(Json).map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}
