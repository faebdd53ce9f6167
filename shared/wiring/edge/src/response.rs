//! An answer as operations make it.

use bytes::Bytes;
use futures::stream::BoxStream;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use std::fmt;

/// What is sent after the headers.
pub enum Body {
    /// All of it.
    Bytes(Bytes),
    /// Piece by piece, as it comes. An error ends the answer visibly broken.
    Stream(BoxStream<'static, Result<Bytes, std::io::Error>>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Stream(_) => f.write_str("a stream"),
        }
    }
}

/// An HTTP answer.
#[derive(Debug)]
pub struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

impl Response {
    /// Only a status.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Body::Bytes(Bytes::new()) }
    }

    /// `value` as JSON.
    pub fn json(status: StatusCode, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(json) => Self::bytes(status, HeaderValue::from_static("application/json"), json.into()),
            Err(error) => {
                tracing::error!(%error, "an answer could not be written as JSON");
                Self::empty(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// Bytes of the type `content_type`.
    pub fn bytes(status: StatusCode, content_type: HeaderValue, bytes: Bytes) -> Self {
        Self { body: Body::Bytes(bytes), ..Self::empty(status) }.with(header::CONTENT_TYPE, content_type)
    }

    /// A stream of the type `content_type`.
    pub fn stream(
        status: StatusCode,
        content_type: HeaderValue,
        stream: BoxStream<'static, Result<Bytes, std::io::Error>>,
    ) -> Self {
        Self { body: Body::Stream(stream), ..Self::empty(status) }.with(header::CONTENT_TYPE, content_type)
    }

    /// The same with a header more.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same with a header whose value is made of known-good text; text that cannot stand in a header is left out.
    #[must_use]
    pub fn with_text(self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => self.with(name, value),
            Err(_) => self,
        }
    }

    /// The same without its body, for `HEAD`.
    #[must_use]
    pub fn without_body(mut self) -> Self {
        if let Body::Bytes(bytes) = &self.body {
            let length = bytes.len();
            self.headers.entry(header::CONTENT_LENGTH).or_insert_with(|| length.into());
        }
        self.body = Body::Bytes(Bytes::new());
        self
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The headers, to change.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// The body, if it is not a stream: for tests and for replays.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// Takes it apart.
    pub fn into_parts(self) -> (StatusCode, HeaderMap, Body) {
        (self.status, self.headers, self.body)
    }
}
