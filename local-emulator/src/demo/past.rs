//! The documents function at a moment of the past: its own operations and checks, with another clock.

use super::company::token_request;
use crate::emulator::Parts;
use anyhow::{Context, bail};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, Method, header};
use octavo_adapters_blobs::{Options as BlobOptions, S3Blobs};
use octavo_adapters_postgres::{PoolOptions, Postgres, Relay, Rooms};
use octavo_adapters_system::SystemIds;
use octavo_documents::Deps;
use octavo_domain_kernel::{AuthenticateError, Authenticator, BlobStore, Clock, Principal};
use octavo_wiring_edge::{Body, Request, Router};
use serde_json::Value;
use std::sync::Arc;

/// Stands between the parts of a form, and in no document.
const BOUNDARY: &str = "octavo-demonstration-7d1f0c";

/// What a person sends.
pub(super) enum Sent<'a> {
    /// A form: the fields and the file, with its name.
    Form { fields: Vec<(&'static str, String)>, file: (&'a str, &'a [u8]) },
    /// A file over the present one, of this revision.
    Content { media_type: &'static str, bytes: Vec<u8>, revision: i64 },
}

/// The documents function, to be asked at any time.
pub(super) struct Past {
    router: Router<Deps>,
    /// The database.
    pub(super) store: Arc<Postgres>,
    blobs: Arc<dyn BlobStore>,
    parts: Arc<Parts>,
}

struct At(DateTime<Utc>);

impl Clock for At {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

/// Takes everybody for whom it was told.
struct Known(Principal);

#[async_trait]
impl Authenticator for Known {
    async fn authenticate(&self, _: &str) -> Result<Principal, AuthenticateError> {
        Ok(self.0.clone())
    }
}

impl Past {
    pub(super) fn new(parts: &Arc<Parts>) -> anyhow::Result<Self> {
        let addresses = &parts.addresses;
        let pool = PoolOptions {
            connections_max: 2,
            application_name: "octavo-demonstration".to_owned(),
            ..PoolOptions::default()
        };
        let endpoint = addresses.s3.endpoint.parse().context("S3")?;
        let blobs = BlobOptions::new(Some(endpoint), "us-east-1", &addresses.s3.bucket)
            .with_credentials(&addresses.s3.access_key, &addresses.s3.secret_key);
        Ok(Self {
            router: octavo_documents::router(),
            store: Arc::new(Postgres::connect_lazy(&addresses.database, &pool)?),
            blobs: Arc::new(S3Blobs::new(blobs)),
            parts: parts.clone(),
        })
    }

    /// The rooms of documents.
    pub(super) fn rooms(&self) -> anyhow::Result<Rooms> {
        let pool = PoolOptions { connections_max: 1, ..PoolOptions::default() };
        let relay = Relay::connect_lazy(&self.parts.addresses.database_relay, &pool)?;
        Ok(Rooms::new((*self.store).clone(), relay))
    }

    /// Has the function do it as `user` at `at`, and answers what it answers.
    pub(super) async fn ask(
        &self,
        user: &str,
        at: DateTime<Utc>,
        method: Method,
        path: &str,
        sent: Sent<'_>,
    ) -> anyhow::Result<Value> {
        let deps = Deps {
            store: self.store.clone(),
            blobs: self.blobs.clone(),
            queue: self.parts.queue.clone(),
            clock: Arc::new(At(at)),
            ids: Arc::new(SystemIds),
            // Nobody has them open.
            announces: false,
        };
        let (headers, body) = sent.encode()?;
        let mut request = Request::default();
        request.method = method;
        request.path = path.to_owned();
        request.headers = headers;
        request.body = body;
        request.request_id = "demonstration".to_owned();
        let response = self.router.handle(Arc::new(deps), &Known(principal(user)?), request).await;
        let (status, _, body) = response.into_parts();
        let Body::Bytes(bytes) = body else { bail!("{path} answers by a stream") };
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if !status.is_success() {
            bail!("{path} as {user} answers {status}: {} {}", body["detail"], body["errors"]);
        }
        Ok(body)
    }
}

impl Sent<'_> {
    fn encode(self) -> anyhow::Result<(HeaderMap, Bytes)> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer somebody"));
        let (kind, body) = match self {
            Self::Form { fields, file: (name, bytes) } => {
                let mut body = Vec::new();
                for (field, value) in fields {
                    let part =
                        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
                    body.extend_from_slice(part.as_bytes());
                }
                let head = format!(
                    "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                     Content-Type: {}\r\n\r\n",
                    media_type(name)
                );
                body.extend_from_slice(head.as_bytes());
                body.extend_from_slice(bytes);
                body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
                (format!("multipart/form-data; boundary={BOUNDARY}"), body)
            }
            Self::Content { media_type, bytes, revision } => {
                headers.insert(header::IF_MATCH, format!("\"r{revision}\"").parse()?);
                (media_type.to_owned(), bytes)
            }
        };
        headers.insert(header::CONTENT_TYPE, kind.parse()?);
        Ok((headers, body.into()))
    }
}

/// The format of a file of this name.
pub(super) fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("md") => "text/markdown",
        Some("html") => "text/html",
        Some("pdf") => "application/pdf",
        Some("docx") => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        _ => "text/plain",
    }
}

fn principal(user: &str) -> anyhow::Result<Principal> {
    let request = token_request(user);
    Ok(Principal {
        tenant: request.tenant.parse()?,
        user: request.user.parse()?,
        name: None,
        groups: request.groups.iter().map(|group| group.parse()).collect::<Result<_, _>>()?,
        roles: request.roles.into_iter().collect(),
        api_key: None,
    })
}
