//! A request with its path taken apart, and a reply before it is written.

use std::collections::BTreeMap;

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::catalog::Lenience;
use crate::error::{Error, Result};

pub(crate) struct Request {
    pub(crate) method: http::Method,
    /// As the client wrote it, for error messages.
    pub(crate) uri: String,
    pub(crate) path: String,
    pub(crate) segments: Vec<String>,
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) body: Bytes,
    pub(crate) now_ms: i64,
}

#[derive(Debug)]
pub(crate) enum Content {
    Json(Value),
    Text(String),
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content: Content,
    pub(crate) location: Option<String>,
}

impl Reply {
    pub(crate) fn ok(value: Value) -> Self {
        Self::status(200, value)
    }

    pub(crate) fn status(status: u16, value: Value) -> Self {
        Self { status, content: Content::Json(value), location: None }
    }

    pub(crate) fn text(text: String) -> Self {
        Self { status: 200, content: Content::Text(text), location: None }
    }

    pub(crate) fn acknowledged() -> Self {
        Self::ok(serde_json::json!({ "acknowledged": true }))
    }
}

/// Parameters that every endpoint takes.
const COMMON: &[&str] =
    &["pretty", "human", "error_trace", "filter_path", "format", "master_timeout", "timeout", "source_content_type"];

fn decode(text: &str) -> Result<String> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Error::illegal(format!("[{text}] is not valid UTF-8 when percent-decoded")))
}

impl Request {
    pub(crate) fn new(method: http::Method, uri: &http::Uri, body: Bytes, now_ms: i64) -> Result<Self> {
        let path = uri.path().to_owned();
        let segments = path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect::<Result<_>>()?;
        let mut params = BTreeMap::new();
        for pair in uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            params.insert(decode(&key.replace('+', " "))?, decode(&value.replace('+', " "))?);
        }
        Ok(Self { method, uri: uri.to_string(), path, segments, params, body, now_ms })
    }

    /// # Errors
    /// Names a query parameter that is neither common nor in `allowed`.
    pub(crate) fn allow(&self, allowed: &[&str]) -> Result<()> {
        let unknown: Vec<&str> = self
            .params
            .keys()
            .map(String::as_str)
            .filter(|key| !COMMON.contains(key) && !allowed.contains(key))
            .collect();
        match unknown.as_slice() {
            [] => Ok(()),
            [one] => Err(Error::illegal(format!("request [{}] contains unrecognized parameter: [{one}]", self.path))),
            many => Err(Error::illegal(format!(
                "request [{}] contains unrecognized parameters: {}",
                self.path,
                many.iter().map(|key| format!("[{key}]")).collect::<Vec<_>>().join(", ")
            ))),
        }
    }

    pub(crate) fn param(&self, key: &str) -> Option<&str> {
        self.params.get(key).map(String::as_str)
    }

    /// A flag; present without a value is true.
    pub(crate) fn flag(&self, key: &str, default: bool) -> Result<bool> {
        match self.param(key) {
            None => Ok(default),
            Some("" | "true") => Ok(true),
            Some("false") => Ok(false),
            Some(other) => {
                Err(Error::illegal(format!("Failed to parse value [{other}] as only [true] or [false] are allowed.")))
            }
        }
    }

    pub(crate) fn number(&self, key: &str) -> Result<Option<u64>> {
        self.param(key)
            .map(|text| {
                text.parse()
                    .map_err(|_| Error::illegal(format!("Failed to parse int parameter [{key}] with value [{text}]")))
            })
            .transpose()
    }

    /// `refresh`: `wait_for` refreshes at once too, which satisfies it sooner than the interval would.
    pub(crate) fn refresh(&self) -> Result<bool> {
        match self.param("refresh") {
            None | Some("false") => Ok(false),
            Some("" | "true" | "wait_for") => Ok(true),
            Some(other) => Err(Error::illegal(format!("Unknown value for refresh: [{other}]."))),
        }
    }

    pub(crate) fn lenience(&self) -> Result<Lenience> {
        Ok(Lenience {
            ignore_unavailable: self.flag("ignore_unavailable", false)?,
            allow_no_indices: self.flag("allow_no_indices", true)?,
            hidden: self.param("expand_wildcards").is_some_and(names_hidden),
        })
    }

    /// The body as JSON; null where there is none.
    pub(crate) fn json(&self) -> Result<Value> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        parse_json(&self.body)
    }

    pub(crate) fn required_json(&self) -> Result<Value> {
        match self.json()? {
            Value::Null => Err(Error::parsing("request body is required")),
            value => Ok(value),
        }
    }
}

/// Whether `expand_wildcards` asks for hidden indices too.
pub(super) fn names_hidden(kinds: &str) -> bool {
    kinds.split(',').any(|kind| matches!(kind.trim(), "all" | "hidden"))
}

pub(crate) fn parse_json(bytes: &[u8]) -> Result<Value> {
    serde_json::from_slice(bytes)
        .map_err(|error| Error::x_content(format!("[{}:{}] {error}", error.line(), error.column())))
}
