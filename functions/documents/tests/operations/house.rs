//! One function with its ports, and a way to ask it.

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use local_emulator_postgres::testing;
use octavo_adapters_postgres::{Postgres, Relay, TEST_APP_LOGIN, TEST_PASSWORD, TEST_RELAY_LOGIN, options_for_tests};
use octavo_documents::{Deps, router};
use octavo_domain_kernel::{
    AuthenticateError, Authenticator, BlobInfo, BlobKey, BlobStore, Ids, Message, Outbox, PortError, PortErrorKind,
    Principal, Queue, QueueDepth, QueueName,
};
use octavo_testing::time::ManualClock;
use octavo_wiring_edge::{Body, Query, Request, Router};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use uuid::Uuid;

/// A token here is the person itself: `tenant/user/group,group`.
struct Tokens;

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, token: &str) -> Result<Principal, AuthenticateError> {
        let parts: Vec<&str> = token.split('/').collect();
        let [tenant, user, groups] = parts[..] else { return Err(AuthenticateError::Expired) };
        let groups = groups.split(',').filter(|group| !group.is_empty()).map(|group| group.parse().unwrap()).collect();
        let (tenant, user) = (tenant.parse().unwrap(), user.parse().unwrap());
        Ok(Principal { tenant, user, name: None, groups, roles: BTreeSet::new(), api_key: None })
    }
}

struct Drawn;

impl Ids for Drawn {
    fn next(&self) -> Uuid {
        octavo_testing::ids::unique()
    }
}

/// Objects as files, and a switch that takes the store away.
pub(crate) struct Folder {
    folder: TempDir,
    pub(crate) away: AtomicBool,
}

impl Folder {
    fn path(&self, key: &BlobKey) -> Result<PathBuf, PortError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(PortError::unavailable("switched off"));
        }
        Ok(self.folder.path().join(key.as_str().replace('/', "_")))
    }
}

#[async_trait]
impl BlobStore for Folder {
    async fn put(&self, key: &BlobKey, bytes: Bytes, _: &str) -> Result<(), PortError> {
        std::fs::write(self.path(key)?, bytes).map_err(PortError::unavailable)
    }

    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, PortError> {
        Ok(std::fs::read(self.path(key)?).ok().map(Bytes::from))
    }

    async fn get_range(&self, key: &BlobKey, range: Range<u64>) -> Result<Option<Bytes>, PortError> {
        let Some(bytes) = self.get(key).await? else { return Ok(None) };
        let end = usize::try_from(range.end).unwrap().min(bytes.len());
        let start = usize::try_from(range.start).unwrap();
        if start >= end { Err(PortErrorKind::Corrupt.into()) } else { Ok(Some(bytes.slice(start..end))) }
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobInfo>, PortError> {
        Ok(self.get(key).await?.map(|bytes| BlobInfo { size: bytes.len() as u64 }))
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), PortError> {
        let _ = std::fs::remove_file(self.path(key)?);
        Ok(())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}

/// Keeps what is sent, and can be away.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) messages: Mutex<Vec<Message>>,
    pub(crate) away: AtomicBool,
}

#[async_trait]
impl Queue for Sent {
    async fn send(&self, queue: &QueueName, messages: &[Message]) -> Result<(), PortError> {
        assert_eq!(queue.as_str(), "index");
        if self.away.load(Ordering::SeqCst) {
            return Err(PortError::unavailable("switched off"));
        }
        self.messages.lock().unwrap().extend_from_slice(messages);
        Ok(())
    }

    async fn depth(&self, _: &QueueName) -> Result<QueueDepth, PortError> {
        Ok(QueueDepth::default())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}

pub(crate) struct House {
    pub(crate) deps: Arc<Deps>,
    pub(crate) store: Postgres,
    pub(crate) relay: Relay,
    pub(crate) blobs: Arc<Folder>,
    pub(crate) queue: Arc<Sent>,
    pub(crate) clock: Arc<ManualClock>,
    router: Router<Deps>,
}

pub(crate) async fn house() -> House {
    let database =
        testing::database("octavo", |url| async move { octavo_adapters_postgres::prepare_for_tests(&url).await }).await;
    let options = options_for_tests(4);
    let store = Postgres::connect_lazy(&database.url_as(TEST_APP_LOGIN, TEST_PASSWORD), &options).unwrap();
    let relay = Relay::connect_lazy(&database.url_as(TEST_RELAY_LOGIN, TEST_PASSWORD), &options).unwrap();
    let blobs = Arc::new(Folder { folder: tempfile::tempdir().unwrap(), away: AtomicBool::new(false) });
    let (queue, clock) = (Arc::new(Sent::default()), Arc::new(ManualClock::default()));
    let deps = Arc::new(Deps {
        store: Arc::new(store.clone()),
        blobs: blobs.clone(),
        queue: queue.clone(),
        clock: clock.clone(),
        ids: Arc::new(Drawn),
        announces: false,
    });
    House { deps, store, relay, blobs, queue, clock, router: router() }
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    pub(crate) json: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn id(&self) -> String {
        self.json["id"].as_str().unwrap_or_else(|| panic!("no id: {self:?}")).to_owned()
    }

    pub(crate) fn field(&self) -> &str {
        self.json["errors"][0]["field"].as_str().unwrap_or_default()
    }
}

/// A question by `user` (`ada`, or `ada/legal,finance` with groups) of the tenant `acme`, or `umbrella:ada` of another.
pub(crate) struct Question<'h> {
    house: &'h House,
    request: Request,
}

impl House {
    pub(crate) fn ask(&self, user: &str, method: &str, target: &str) -> Question<'_> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Request::default();
        request.method = method.parse().unwrap();
        request.path = path.to_owned();
        request.query = Query::parse(query).unwrap();
        request.request_id = "r-1".to_owned();
        let (tenant, user) = user.split_once(':').unwrap_or(("acme", user));
        let slash = if user.contains('/') { "" } else { "/" };
        let question = Question { house: self, request };
        question.header("authorization", &format!("Bearer {tenant}/{user}{slash}"))
    }

    /// A document of `ada` with this text.
    pub(crate) async fn document(&self, content: &str) -> String {
        let answer = self.ask("ada", "POST", "/v1/documents").json(&serde_json::json!({ "content": content })).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.id()
    }

    /// How many outbox entries wait to be published.
    pub(crate) async fn waiting(&self) -> usize {
        self.relay.outbox_claim(100, 0, 60_000).await.unwrap().len()
    }
}

impl Question<'_> {
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        self
    }

    pub(crate) async fn json(self, body: &Value) -> Answer {
        self.body("application/json", body.to_string()).await
    }

    pub(crate) async fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Answer {
        self.request.body = body.into();
        self.header("content-type", content_type).send().await
    }

    pub(crate) async fn send(self) -> Answer {
        let response = self.house.router.handle(self.house.deps.clone(), &Tokens, self.request).await;
        let (status, headers, body) = response.into_parts();
        let Body::Bytes(bytes) = body else { panic!("a stream") };
        Answer { status: status.as_u16(), headers, json: serde_json::from_slice(&bytes).unwrap_or_default(), bytes }
    }
}
