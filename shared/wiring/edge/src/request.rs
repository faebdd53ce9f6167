//! A request as operations see it.

use crate::objects::Objects;
use crate::{EdgeFault, Query};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, header};
use octavo_domain_kernel::Principal;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

/// Bytes of any request body: AWS Lambda takes 6 MB of event, and a binary body travels in it as Base64.
pub const BODY_BYTES_MAX: usize = 6 * 1024 * 1024;

/// An HTTP request, whole.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, percent-decoding not done.
    pub path: String,
    /// The query.
    pub query: Query,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Names this request in logs and problem documents.
    pub request_id: String,
    /// Where it came from, as the gateway saw it.
    pub source_ip: Option<String>,
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) principal: Option<Principal>,
}

impl Request {
    /// Who asks. Only routes that need a token get here without one being there.
    pub fn principal(&self) -> Result<&Principal, EdgeFault> {
        self.principal.as_ref().ok_or(EdgeFault::TokenMissing)
    }

    /// A header's value as text, if it is there. One that is no visible ASCII is refused with its name.
    pub fn header(&self, name: &HeaderName) -> Result<Option<&str>, EdgeFault> {
        self.headers
            .get(name)
            .map(|value| {
                value
                    .to_str()
                    .map_err(|_| EdgeFault::malformed(format!("header:{name}"), "expected visible ASCII characters"))
            })
            .transpose()
    }

    /// A parameter of the path, parsed.
    pub fn param<T>(&self, name: &str) -> Result<T, EdgeFault>
    where
        T: FromStr,
        T::Err: Display,
    {
        let text = self.params.get(name).map(String::as_str).unwrap_or_default();
        text.parse().map_err(|error: T::Err| EdgeFault::malformed(format!("path:{name}"), error.to_string()))
    }

    /// The body as JSON. What does not fit is named by its path: `filters.tags[2]`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, EdgeFault> {
        let essence = self.content_type()?.unwrap_or_default();
        if essence != "application/json" && !(essence.starts_with("application/") && essence.ends_with("+json")) {
            return Err(EdgeFault::UnsupportedMediaType { expected: "application/json".to_owned() });
        }
        if self.body.trim_ascii_start().starts_with(b"[") {
            return Err(EdgeFault::invalid("body", "expected a JSON object"));
        }
        let mut deserializer = serde_json::Deserializer::from_slice(&self.body);
        let value = serde_path_to_error::deserialize(Objects(&mut deserializer)).map_err(|error| {
            let path = error.path().to_string();
            // A field may be called nothing at all.
            let nameless = path.is_empty() || path == "." || path == "?";
            let field = if nameless { "body".to_owned() } else { path };
            let inner = error.inner();
            if inner.is_data() {
                EdgeFault::invalid(field, plain(&inner.to_string()))
            } else {
                // Text that is no JSON has no fields yet.
                EdgeFault::malformed("body", inner.to_string())
            }
        })?;
        deserializer.end().map_err(|error| EdgeFault::malformed("body", error.to_string()))?;
        Ok(value)
    }

    /// The `Content-Type` without its parameters, in lower case.
    pub fn content_type(&self) -> Result<Option<String>, EdgeFault> {
        let value = self.header(&header::CONTENT_TYPE)?;
        Ok(value.map(|value| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()))
    }

    /// The request's W3C trace context, if it has one.
    pub fn traceparent(&self) -> Option<String> {
        let value = self.headers.get("traceparent")?.to_str().ok()?;
        (value.len() <= 64).then(|| value.to_owned())
    }

    /// For tests of a function's routes: the same request by this principal.
    pub fn by(mut self, principal: Principal) -> Self {
        self.principal = Some(principal);
        self
    }
}

// serde_json appends where in the text it stopped; for data that is understood the field's path says it better.
fn plain(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}
