//! One function with its ports, and ways to ask it and to deliver its messages.

use crate::model::Model;
use crate::ports::{Blobs, Forgetful, Index, Sent};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use local_emulator_postgres::testing;
use octavo_adapters_postgres::{Postgres, TEST_APP_LOGIN, TEST_PASSWORD, options_for_tests};
use octavo_domain_documents::{Commit, Content, Document, DocumentStore, Grant, MediaType, Metadata, Role, Version};
use octavo_domain_kernel::{
    AuthenticateError, Authenticator, BlobKey, BlobStore, ContentHash, DocumentId, Ids, Message, Principal,
};
use octavo_generate::{Deps, QueueRecord, handle_queue, router};
use octavo_testing::ids::unique;
use octavo_testing::time::ManualClock;
use octavo_wiring_edge::{Body, Query, Request, Router};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
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
        unique()
    }
}

pub(crate) struct House {
    pub(crate) deps: Arc<Deps>,
    pub(crate) store: Postgres,
    pub(crate) generations: Arc<Forgetful>,
    pub(crate) model: Arc<Model>,
    pub(crate) index: Arc<Index>,
    pub(crate) blobs: Arc<Blobs>,
    pub(crate) queue: Arc<Sent>,
    router: Router<Deps>,
}

pub(crate) async fn house() -> Arc<House> {
    let database =
        testing::database("octavo", |url| async move { octavo_adapters_postgres::prepare_for_tests(&url).await }).await;
    let options = options_for_tests(6);
    let store = Postgres::connect_lazy(&database.url_as(TEST_APP_LOGIN, TEST_PASSWORD), &options).unwrap();
    let generations = Arc::new(Forgetful { store: store.clone(), failures: AtomicU32::new(0) });
    let (model, index) = (Arc::new(Model::default()), Arc::new(Index::default()));
    let (blobs, queue) = (Arc::new(Blobs::default()), Arc::new(Sent::default()));
    let deps = Arc::new(Deps {
        generations: generations.clone(),
        documents: Arc::new(store.clone()),
        blobs: blobs.clone(),
        index: index.clone(),
        state: Arc::new(store.clone()),
        completions: model.clone(),
        queue: queue.clone(),
        clock: Arc::new(ManualClock::default()),
        ids: Arc::new(Drawn),
        announces: false,
    });
    Arc::new(House { deps, store, generations, model, index, blobs, queue, router: router() })
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.json);
        self.json
    }

    /// The status, the code, and the first field that is wrong.
    pub(crate) fn problem(&self) -> (u16, &str, &str) {
        let field = self.json["errors"][0]["field"].as_str().unwrap_or_default();
        (self.status, self.json["code"].as_str().unwrap_or_default(), field)
    }
}

impl House {
    /// Asks as `user` of acme (`ada`, `ada/legal` with a group) or of another tenant (`umbrella:ada`).
    pub(crate) async fn ask(&self, user: &str, method: &str, target: &str, body: Option<Value>) -> Answer {
        self.ask_with(user, method, target, body, &[]).await
    }

    pub(crate) async fn ask_with(
        &self,
        user: &str,
        method: &str,
        target: &str,
        body: Option<Value>,
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Request::default();
        request.method = method.parse().unwrap();
        request.path = path.to_owned();
        request.query = Query::parse(query).unwrap();
        let (tenant, user) = user.split_once(':').unwrap_or(("acme", user));
        let slash = if user.contains('/') { "" } else { "/" };
        let token = format!("Bearer {tenant}/{user}{slash}");
        for (name, value) in headers.iter().chain([&("authorization", token.as_str())]) {
            request.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        if let Some(body) = body {
            request.headers.insert("content-type", HeaderValue::from_static("application/json"));
            request.body = body.to_string().into();
        }
        let response = self.router.handle(self.deps.clone(), &Tokens, request).await;
        let (status, headers, body) = response.into_parts();
        let Body::Bytes(bytes) = body else { panic!("a stream") };
        Answer { status: status.as_u16(), headers, json: serde_json::from_slice(&bytes).unwrap_or_default() }
    }

    /// Asks for a document as ada, and returns the generation's address.
    pub(crate) async fn order(&self, body: Value) -> String {
        let made = self.ask("ada", "POST", "/v1/generations", Some(body)).await.expect(202);
        format!("/v1/generations/{}", made["id"].as_str().unwrap())
    }

    pub(crate) async fn get(&self, address: &str) -> Value {
        self.ask("ada", "GET", address, None).await.expect(200)
    }

    /// A document of `owner` in acme, with this text.
    pub(crate) async fn document(&self, number: u128, owner: &str, title: &str, text: &str) -> Document {
        let hash: ContentHash = format!("{number:064x}").parse().unwrap();
        let content = Content {
            hash,
            size: text.len() as u64,
            media_type: MediaType::Text,
            file_name: None,
            text_chars: text.chars().count() as u64,
            text_truncated: false,
        };
        let at = chrono::DateTime::UNIX_EPOCH;
        let document = Document {
            id: DocumentId(Uuid::from_u128(number)),
            tenant: "acme".parse().unwrap(),
            revision: 1,
            version: 1,
            content: content.clone(),
            title: title.to_owned(),
            tags: Vec::new(),
            metadata: Metadata::new(),
            owner: owner.parse().unwrap(),
            grants: Vec::new(),
            created_at: at,
            updated_at: at,
            updated_by: owner.parse().unwrap(),
            deleted_at: None,
        };
        let key = BlobKey::text(&document.tenant, &document.content.hash);
        self.blobs.put(&key, Bytes::from(text.to_owned()), "text/plain").await.unwrap();
        let (title, created_by) = (title.to_owned(), owner.parse().unwrap());
        let version = Version { number: 1, content, title, created_by, created_at: at };
        self.commit(document.clone(), Some(version)).await;
        document
    }

    /// Shares a document with ada, or with nobody any more.
    pub(crate) async fn share(&self, document: &Document, with_ada: bool) -> Document {
        let grant = Grant {
            reader: "user:ada".parse().unwrap(),
            role: Role::Viewer,
            granted_by: document.owner.clone(),
            granted_at: document.created_at,
        };
        let grants = if with_ada { vec![grant] } else { Vec::new() };
        let shared = Document { revision: document.revision + 1, grants, ..document.clone() };
        self.commit(shared.clone(), None).await;
        shared
    }

    async fn commit(&self, document: Document, version: Option<Version>) {
        let commit = Commit {
            expected_revision: (document.revision > 1).then_some(document.revision - 1),
            document,
            version,
            hidden_from: Vec::new(),
            outbox: Vec::new(),
            idempotency: None,
        };
        self.store.document_commit(&commit).await.unwrap();
    }

    /// The messages of the queue `generate` that were sent since this was asked last.
    pub(crate) fn sent(&self) -> Vec<Message> {
        let sent = std::mem::take(&mut *self.queue.0.lock());
        let (own, others): (Vec<_>, Vec<_>) = sent.into_iter().partition(|(queue, _)| queue == "generate");
        self.queue.0.lock().extend(others);
        own.into_iter().map(|(_, message)| message).collect()
    }

    /// Delivers a message; true if it was done.
    pub(crate) async fn deliver(&self, message: &Message) -> bool {
        let body = serde_json::to_string(message).unwrap();
        let record = QueueRecord { message_id: message.id.to_string(), body };
        handle_queue(&self.deps, vec![record]).await.is_empty()
    }

    /// Delivers every message, and those that are sent meanwhile, until there is none; those that fail come again at
    /// once. Returns them all.
    pub(crate) async fn drain(&self) -> Vec<Message> {
        let mut all = Vec::new();
        let mut waiting = self.sent();
        let mut deliveries = 0;
        while let Some(message) = waiting.pop() {
            deliveries += 1;
            assert!(deliveries < 100, "this never ends");
            if self.deliver(&message).await {
                all.push(message);
            } else {
                waiting.push(message);
            }
            waiting.extend(self.sent());
        }
        all
    }

    /// The body of the document of a generation that is done.
    pub(crate) async fn result(&self, generation: &Value) -> (Document, String) {
        let id: DocumentId = generation["document_id"].as_str().expect("it is done").parse().unwrap();
        let document = self.store.document_get(&"acme".parse().unwrap(), id).await.unwrap().unwrap();
        let key = BlobKey::content(&document.tenant, &document.content.hash);
        let body = self.blobs.get(&key).await.unwrap().unwrap();
        (document, String::from_utf8(body.to_vec()).unwrap())
    }
}
