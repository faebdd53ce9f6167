//! The emulator's own refusals, as problem documents (RFC 9457) like everybody else's.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use octavo_domain_kernel::{Fault, PortError, PortErrorKind};
use octavo_wiring_edge::{EdgeFault, status};
use serde_json::json;

pub(super) struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no such {what}"))
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        let status = match error.kind {
            PortErrorKind::NotFound => StatusCode::NOT_FOUND,
            PortErrorKind::Unavailable | PortErrorKind::Conflict => StatusCode::SERVICE_UNAVAILABLE,
            PortErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
            PortErrorKind::Denied | PortErrorKind::Corrupt => StatusCode::INTERNAL_SERVER_ERROR,
        };
        // Whoever sees this owns the machine: the cause may be shown.
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or_default(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let mut response = (self.status, Json(body)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}

/// A path that neither a function nor the emulator answers.
pub(super) async fn nothing_here(uri: Uri) -> Response {
    let fault = EdgeFault::NoRoute(uri.path().to_owned());
    let (code, status) = (fault.code(), status(fault.kind()));
    let body = json!({
        "type": format!("/errors/{}", code.name),
        "title": code.title,
        "status": status.as_u16(),
        "detail": fault.detail(),
        "code": code.name,
    });
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}
