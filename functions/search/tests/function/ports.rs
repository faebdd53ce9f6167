//! Ports that answer what a test says and remember what they were asked.

use crate::desk::Shelf;
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{
    AuthenticateError, Authenticator, Cache, CacheKey, Clock, DocumentId, OutboxEntry, PortError, PortErrorKind,
    Principal, Reader, TenantId,
};
use octavo_domain_search::{
    CursorKey, Embeddings, Found, Highlights, Hit, IndexWrite, Position, Relation, Scope, SearchIndex, SearchQuery,
    SearchState, SearchStateStore, SuggestQuery, TitleSuggestion, Total, WriteOutcome,
};
use octavo_search::{Deps, Desk, router};
use octavo_testing::build::principal;
use octavo_testing::time::ManualClock;
use octavo_wiring_edge::{Body, Query, Request, Response};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// What the tests' index promises.
pub(crate) const VISIBLE_WITHIN: Duration = Duration::from_secs(7);

#[derive(Default)]
pub(crate) struct Index {
    pub(crate) asked: Mutex<Vec<(Scope, SearchQuery)>>,
    pub(crate) fails: Mutex<Option<PortErrorKind>>,
    pub(crate) next: Mutex<Option<Position>>,
    pub(crate) tolerant: Mutex<bool>,
}

pub(crate) struct State {
    pub(crate) state: Mutex<SearchState>,
    pub(crate) asked: Mutex<Vec<(TenantId, Vec<Reader>)>>,
    pub(crate) fails: Mutex<Option<PortErrorKind>>,
}

#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) values: Mutex<HashMap<String, Bytes>>,
    pub(crate) fails: Mutex<Option<PortErrorKind>>,
    pub(crate) asked: AtomicUsize,
}

/// The function and everything around it.
pub(crate) struct World {
    pub(crate) index: Arc<Index>,
    pub(crate) state: Arc<State>,
    pub(crate) kept: Arc<Kept>,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) clock: Arc<ManualClock>,
    deps: Arc<Deps>,
}

impl World {
    /// Everything works, and nothing has changed for an hour.
    pub(crate) fn new() -> Self {
        Self::of(None)
    }

    /// The same with what makes texts vectors.
    pub(crate) fn with_embeddings(embeddings: Arc<dyn Embeddings>) -> Self {
        Self::of(Some(embeddings))
    }

    fn of(embeddings: Option<Arc<dyn Embeddings>>) -> Self {
        let clock = Arc::new(ManualClock::default());
        let generation_at = clock.now() - chrono::TimeDelta::hours(1);
        let state = SearchState { generation: 1, generation_at, hidden: Vec::new(), synonyms: 0 };
        let state = Arc::new(State { state: Mutex::new(state), asked: Mutex::default(), fails: Mutex::default() });
        let (index, kept) = (Arc::new(Index::default()), Arc::new(Kept::default()));
        let key = CursorKey::new(&[1; 32]).unwrap();
        let shelf = Arc::new(Shelf::default());
        let desk = Desk { embeddings, ..shelf.desk() };
        let deps = Deps::new(index.clone(), state.clone(), kept.clone(), clock.clone(), key, desk);
        Self { index, state, kept, shelf, clock, deps: Arc::new(deps) }
    }

    pub(crate) async fn send(&self, user: &str, request: Request) -> Answer {
        let mut request = request;
        request.headers.insert("authorization", format!("Bearer {user}").parse().unwrap());
        Answer::of(&router().handle(self.deps.clone(), &Tokens, request).await)
    }

    /// `POST /v1/search` by ada.
    pub(crate) async fn post(&self, body: Value) -> Answer {
        self.send("ada", post(body.to_string())).await
    }

    /// `GET` by ada.
    pub(crate) async fn get(&self, path: &str, query: &str) -> Answer {
        self.send("ada", get(path, query)).await
    }

    pub(crate) fn deps(&self) -> &Deps {
        &self.deps
    }

    pub(crate) fn searches(&self) -> usize {
        self.index.asked.lock().len()
    }
}

pub(crate) fn post(body: impl Into<Bytes>) -> Request {
    let mut request = Request::default();
    request.method = http::Method::POST;
    request.path = "/v1/search".to_owned();
    request.headers.insert("content-type", http::HeaderValue::from_static("application/json"));
    request.body = body.into();
    request
}

/// A request with a body.
pub(crate) fn send_json(method: &str, path: &str, body: &Value) -> Request {
    let mut request = post(body.to_string());
    request.method = method.parse().unwrap();
    request.path = path.to_owned();
    request
}

pub(crate) fn get(path: &str, query: &str) -> Request {
    let mut request = Request::default();
    request.path = path.to_owned();
    request.query = Query::parse(query).unwrap();
    request
}

/// An answer, read.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) cache: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) body: Value,
}

impl Answer {
    fn of(response: &Response) -> Self {
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let Body::Bytes(bytes) = response.body() else { panic!("not a stream") };
        Self {
            status: response.status().as_u16(),
            cache: header("x-octavo-cache"),
            retry_after: header("retry-after"),
            tag: header("etag"),
            body: if bytes.is_empty() { Value::Null } else { serde_json::from_slice(bytes).unwrap() },
        }
    }

    /// Status and code of a problem, and the fields that it names.
    pub(crate) fn problem(&self) -> (u16, &str, Vec<&str>) {
        let fields = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let fields = fields.iter().map(|field| field["field"].as_str().unwrap()).collect();
        (self.status, self.body["code"].as_str().unwrap_or_default(), fields)
    }
}

/// The token is the user's name; `name@tenant` for another tenant than acme, `name+group` for a member of a group. `root` is an
/// administrator.
struct Tokens;

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, token: &str) -> Result<Principal, AuthenticateError> {
        let (user, tenant) = token.split_once('@').unwrap_or((token, "acme"));
        let (user, group) = user.split_once('+').unwrap_or((user, ""));
        let mut principal = principal(tenant, user);
        principal.groups.extend(group.parse());
        principal.roles.extend((user == "root").then(|| "admin".to_owned()));
        Ok(principal)
    }
}

fn failing(fails: &Mutex<Option<PortErrorKind>>) -> Result<(), PortError> {
    match *fails.lock() {
        Some(kind) => Err(PortError::new(kind, "told to fail")),
        None => Ok(()),
    }
}

/// What is found.
fn hit() -> Hit {
    Hit {
        id: DocumentId(Uuid::from_u128(1)),
        title: "Borrowing".to_owned(),
        score: Some(1.5),
        highlights: Highlights::default(),
        tags: Vec::new(),
        media_type: "text/html".to_owned(),
        owner: "ada".to_owned(),
        created_at: DateTime::<Utc>::UNIX_EPOCH,
        updated_at: DateTime::<Utc>::UNIX_EPOCH,
        file_name: None,
        size: 1,
        revision: 1,
    }
}

#[async_trait]
impl SearchIndex for Index {
    async fn ensure(&self) -> Result<(), PortError> {
        Ok(())
    }

    async fn search(&self, scope: &Scope, query: &SearchQuery) -> Result<Found, PortError> {
        self.asked.lock().push((scope.clone(), query.clone()));
        failing(&self.fails)?;
        Ok(Found {
            hits: vec![hit()],
            total: Total { value: 1, relation: Relation::Exactly },
            facets: Vec::new(),
            suggestions: Vec::new(),
            tolerant: *self.tolerant.lock(),
            next: self.next.lock().clone(),
            degraded: None,
        })
    }

    fn describe(&self, scope: &Scope, query: &SearchQuery) -> Value {
        json!({"for": scope.user, "text": query.text})
    }

    async fn similar(&self, scope: &Scope, id: DocumentId, size: u16) -> Result<Option<Vec<Hit>>, PortError> {
        failing(&self.fails)?;
        let like = |hit: Hit| Hit { title: format!("{size} like {} for {}", id.0.as_u128(), scope.user), ..hit };
        Ok((id == DocumentId(Uuid::from_u128(1))).then(|| vec![like(hit())]))
    }

    async fn suggest(&self, scope: &Scope, query: &SuggestQuery) -> Result<Vec<TitleSuggestion>, PortError> {
        failing(&self.fails)?;
        let title = format!("{} for {} of {}", query.prefix, scope.user, scope.tenant);
        Ok(vec![TitleSuggestion { id: DocumentId(Uuid::from_u128(1)), title }; query.limit.into()])
    }

    async fn write(&self, _: Vec<IndexWrite>) -> Vec<Result<WriteOutcome, PortError>> {
        panic!("a search writes nothing")
    }

    async fn count(&self, _: &TenantId) -> Result<u64, PortError> {
        Ok(1)
    }

    async fn refresh(&self) -> Result<(), PortError> {
        Ok(())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }

    fn visible_within(&self) -> Duration {
        VISIBLE_WITHIN
    }
}

#[async_trait]
impl SearchStateStore for State {
    async fn search_state(&self, tenant: &TenantId, readers: &[Reader]) -> Result<SearchState, PortError> {
        self.asked.lock().push((tenant.clone(), readers.to_vec()));
        failing(&self.fails)?;
        Ok(self.state.lock().clone())
    }

    async fn search_settled(&self, _: &TenantId, _: &[(DocumentId, i64)], _: u64) -> Result<(), PortError> {
        panic!("a search settles nothing")
    }

    async fn search_later(&self, _: &TenantId, _: &OutboxEntry, _: u64) -> Result<(), PortError> {
        panic!("a search has nothing done later")
    }
}

#[async_trait]
impl Cache for Kept {
    async fn get(&self, key: &CacheKey) -> Result<Option<Bytes>, PortError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        failing(&self.fails)?;
        Ok(self.values.lock().get(key.as_str()).cloned())
    }

    async fn set(&self, key: &CacheKey, value: Bytes, ttl: Duration) -> Result<(), PortError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        failing(&self.fails)?;
        // An answer, or the vector of a query.
        let minutes = if key.as_str().contains(":vector:") { 60 } else { 15 };
        assert_eq!(ttl, Duration::from_secs(minutes * 60));
        self.values.lock().insert(key.as_str().to_owned(), value);
        Ok(())
    }

    async fn delete(&self, key: &CacheKey) -> Result<(), PortError> {
        self.values.lock().remove(key.as_str());
        Ok(())
    }

    async fn ping(&self) -> Result<(), PortError> {
        failing(&self.fails)
    }
}

/// A small search.
pub(crate) fn borrow() -> Value {
    json!({"text": "borrow"})
}
