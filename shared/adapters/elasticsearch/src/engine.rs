//! One request to the engine and its answer, over the official client's transport.
//!
//! The typed methods of the client are passed over for its raw `send`: they know one vendor's API, and this adapter speaks
//! to two.

use crate::error::{from_client, from_status};
use bytes::Bytes;
use elasticsearch::http::Method;
use elasticsearch::http::headers::{CONTENT_TYPE, HeaderMap, HeaderValue};
use elasticsearch::http::transport::{SingleNodeConnectionPool, Transport, TransportBuilder};
use octavo_domain_kernel::PortError;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::OnceLock;
use std::time::Duration;
use url::Url;

/// Sends requests. Nothing is opened before the first one, so that a function starts fast.
#[derive(Debug)]
pub(crate) struct Engine {
    url: Url,
    transport: OnceLock<Transport>,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

impl Engine {
    pub(crate) fn new(url: Url) -> Self {
        Self { url, transport: OnceLock::new() }
    }

    /// Sends and reads the whole answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<Bytes>,
        timeout: Duration,
    ) -> Result<Answer, PortError> {
        let mut headers = HeaderMap::new();
        if path.ends_with("/_bulk") {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
        }
        let response = self
            .transport()?
            .send(method, path, headers, Some(query), body, Some(timeout))
            .await
            .map_err(from_client)?;
        let status = response.status_code().as_u16();
        let body = response.bytes().await.map_err(from_client)?;
        Ok(Answer { status, body })
    }

    /// Sends JSON and reads JSON; a status of 400 and above is an error.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        timeout: Duration,
    ) -> Result<T, PortError> {
        let body = body.map(|body| Bytes::from(body.to_string()));
        self.send(method, path, &[], body, timeout).await?.json()
    }

    fn transport(&self) -> Result<&Transport, PortError> {
        if let Some(transport) = self.transport.get() {
            return Ok(transport);
        }
        // The engine stands in the same network: a proxy that the environment names is for the outside.
        let transport = TransportBuilder::new(SingleNodeConnectionPool::new(self.url.clone()))
            .disable_proxy()
            .build()
            .map_err(PortError::corrupt)?;
        Ok(self.transport.get_or_init(|| transport))
    }
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        self.status < 400
    }

    /// The error's `type`, if the body is the engine's own form of an error.
    pub(crate) fn error_type(&self) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        body.pointer("/error/type")?.as_str().map(str::to_owned)
    }

    /// The body, or the error that the status says.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, PortError> {
        if self.is_success() {
            serde_json::from_slice(&self.body).map_err(PortError::corrupt)
        } else {
            Err(self.error())
        }
    }

    /// The error that the status says.
    pub(crate) fn error(&self) -> PortError {
        from_status(self.status, &self.body)
    }
}
