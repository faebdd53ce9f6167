//! Faults as problem documents (RFC 9457).

use crate::{EdgeFault, Response};
use http::{HeaderValue, StatusCode, header};
use octavo_domain_kernel::{Fault, FaultKind, FieldFault};
use serde::Serialize;
use serde_json::{Map, Value};

/// Any operation's fault on its way out. `?` makes one.
#[derive(Debug)]
pub struct Problem(Box<dyn Fault>);

impl<F: Fault> From<F> for Problem {
    fn from(fault: F) -> Self {
        Self(Box::new(fault))
    }
}

/// The body of every answer of 400 and above: `application/problem+json`, RFC 9457, section 3.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ProblemDocument {
    /// Where the problem is explained, relative to the API's address.
    #[serde(rename = "type")]
    #[schema(example = "/errors/EDGE_0002")]
    pub kind: String,
    /// What it is, the same each time.
    #[schema(example = "Parts of the request are not acceptable")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// What it is this time.
    #[schema(example = "tags[1]: expected 1 to 64 characters without control characters")]
    pub detail: String,
    /// The stable code.
    #[schema(example = "EDGE_0002")]
    pub code: String,
    /// Names this request in the platform's logs.
    pub request_id: String,
    /// The parts of the request that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldFault>,
    /// Further members that the code's page explains.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extensions: Map<String, Value>,
}

/// The HTTP status of a kind of fault.
pub fn status(kind: FaultKind) -> StatusCode {
    match kind {
        FaultKind::Malformed => StatusCode::BAD_REQUEST,
        FaultKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        FaultKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        FaultKind::Forbidden => StatusCode::FORBIDDEN,
        FaultKind::NotFound => StatusCode::NOT_FOUND,
        FaultKind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        FaultKind::Conflict => StatusCode::CONFLICT,
        FaultKind::Gone => StatusCode::GONE,
        FaultKind::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        FaultKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        FaultKind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        FaultKind::RangeNotSatisfiable => StatusCode::RANGE_NOT_SATISFIABLE,
        FaultKind::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        FaultKind::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
        FaultKind::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        FaultKind::BadGateway => StatusCode::BAD_GATEWAY,
        FaultKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        FaultKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Problem {
    /// Logs the fault, once, and makes the answer of it.
    pub fn into_response(self, request_id: &str) -> Response {
        self.into_response_by(request_id, |_| None)
    }

    /// The same, where `write` may answer in another form than a problem document.
    pub(crate) fn into_response_by(
        self,
        request_id: &str,
        write: impl FnOnce(&dyn Fault) -> Option<Response>,
    ) -> Response {
        let fault = &*self.0;
        let (kind, code) = (fault.kind(), fault.code());
        let status = status(kind);
        if status.is_server_error() {
            tracing::error!(code = code.name, status = status.as_u16(), error = chain(fault), "request failed");
        } else {
            tracing::debug!(code = code.name, status = status.as_u16(), error = chain(fault), "request refused");
        }
        let mut response = write(fault).unwrap_or_else(|| document(fault, status, request_id));
        let headers = response.headers_mut();
        match kind {
            FaultKind::TooManyRequests(after) | FaultKind::Unavailable(after) => {
                // Whole seconds, RFC 9110 section 10.2.3; never 0, which would invite a tight loop.
                headers.entry(header::RETRY_AFTER).or_insert(after.as_secs().max(1).into());
            }
            FaultKind::Unauthenticated => {
                headers.entry(header::WWW_AUTHENTICATE).or_insert(HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        if let Some(EdgeFault::MethodNotAllowed { allow, .. }) = self.edge()
            && let Ok(allow) = HeaderValue::from_str(allow)
        {
            headers.insert(header::ALLOW, allow);
        }
        if let Some(EdgeFault::RangeNotSatisfiable { size }) = self.edge()
            && let Ok(range) = HeaderValue::from_str(&format!("bytes */{size}"))
        {
            headers.insert(header::CONTENT_RANGE, range);
        }
        response
    }

    fn edge(&self) -> Option<&EdgeFault> {
        let error: &(dyn std::error::Error + 'static) = &*self.0;
        error.downcast_ref()
    }

    /// The fault itself, for tests of a function's routes.
    pub fn fault(&self) -> &dyn Fault {
        &*self.0
    }
}

fn document(fault: &dyn Fault, status: StatusCode, request_id: &str) -> Response {
    let code = fault.code();
    let document = ProblemDocument {
        kind: format!("/errors/{}", code.name),
        title: code.title.to_owned(),
        status: status.as_u16(),
        detail: fault.detail(),
        code: code.name.to_owned(),
        request_id: request_id.to_owned(),
        errors: fault.fields(),
        extensions: fault.extensions(),
    };
    let mut response = Response::json(status, &document);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn chain(fault: &dyn Fault) -> String {
    let mut text = fault.to_string();
    let mut source = fault.source();
    while let Some(error) = source {
        let cause = error.to_string();
        // A transparent error repeats its source's text.
        if !text.ends_with(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        source = error.source();
    }
    text
}
