//! What a provider says: an answer, or a refusal before it takes a provider's shape.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Response, StatusCode, Uri};
use serde_json::Value;

use crate::record::Draft;

/// A request, read.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Asked {
    /// A header, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn is_json(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"))
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// `Content-Type`; none for an empty body.
    pub(crate) kind: Option<&'static str>,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::json_as(status, "application/json", body)
    }

    pub(crate) fn json_as(status: u16, kind: &'static str, body: &Value) -> Self {
        Self { status, headers: Vec::new(), kind: Some(kind), body: body.to_string().into() }
    }

    pub(crate) fn text(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, headers: Vec::new(), kind: Some(kind), body: body.into() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), kind: None, body: Bytes::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn with_retry_after(self, seconds: Option<u64>) -> Self {
        match seconds {
            Some(seconds) => self.with("retry-after", seconds.to_string()),
            None => self,
        }
    }

    pub(crate) fn response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(kind) = self.kind {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in self.headers {
            // What a fault or a sender put into it may be no header.
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// Why a message was not taken. Each provider writes it its own way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    /// HTTP status, 400 to 599.
    pub(crate) status: u16,
    /// The provider's code; what it means is the provider's.
    pub(crate) code: String,
    /// What it says: one sentence, or several of PagerDuty's.
    pub(crate) messages: Vec<String>,
    /// SendGrid's `field`.
    pub(crate) field: Option<String>,
    pub(crate) retry_after_s: Option<u64>,
    /// Instead of the provider's error object.
    pub(crate) body: Option<Value>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        let (code, messages) = (code.into(), vec![message.into()]);
        Self { status, code, messages, field: None, retry_after_s: None, body: None }
    }

    pub(crate) fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    pub(crate) fn message(&self) -> &str {
        self.messages.first().map_or("", String::as_str)
    }
}

/// What a provider makes of a request.
pub(crate) enum Judged {
    /// It asks for something, or it is none of the provider's.
    Answer(Answer),
    /// It brings messages.
    Messages {
        /// Each with why it is refused, if it is.
        messages: Vec<(Draft, Option<Refusal>)>,
        /// Whether they are answered as a list.
        batch: bool,
    },
}

impl Judged {
    pub(crate) fn one(draft: Draft, refusal: Option<Refusal>) -> Self {
        Self::Messages { messages: vec![(draft, refusal)], batch: false }
    }
}
