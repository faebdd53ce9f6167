//! Bytes to [`Request`], [`Reply`] to bytes; limits; the state behind the handlers.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use parking_lot::RwLock;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::request::Content;
use super::{Reply, Request, routes};
use crate::catalog::Catalog;
use crate::error::Error;
use crate::search::{Pits, Scrolls, SourceFilter};

/// `http.max_content_length`, in bytes.
const BODY_BYTES_MAX: usize = 100 * 1024 * 1024;

/// Requests under way or waiting; more are refused with 429, as from a full thread pool queue.
const REQUESTS_MAX: usize = 256;

pub(crate) struct App {
    pub(crate) catalog: Catalog,
    pub(crate) pits: Pits,
    pub(crate) scrolls: Scrolls,
    /// Bulk requests share it, a change of aliases has it alone: what is written by an alias is written by the aliases of one
    /// moment, and whoever was told that they are changed knows that nothing is written any more by those of before.
    pub(crate) aliases: RwLock<()>,
    queue: Semaphore,
}

impl App {
    pub(crate) fn new(catalog: Catalog) -> Self {
        Self {
            catalog,
            pits: Pits::default(),
            scrolls: Scrolls::default(),
            aliases: RwLock::default(),
            queue: Semaphore::new(REQUESTS_MAX),
        }
    }

    pub(crate) fn tick(&self) {
        self.pits.sweep();
        self.scrolls.sweep();
        for index in self.catalog.all() {
            if let Err(error) = index.tick() {
                tracing::error!(index = index.name, %error, "refresh failed");
            }
        }
    }

    pub(crate) fn close(&self) {
        for index in self.catalog.all() {
            if let Err(error) = index.close() {
                tracing::error!(index = index.name, %error, "flush at shutdown failed; the translog has what it lacks");
            }
        }
    }
}

pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new().fallback(handle).with_state(app)
}

async fn handle(State(app): State<Arc<App>>, request: http::Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let head = parts.method == Method::HEAD;
    let accept = parts.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let pretty =
        parts.uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "pretty" || pair == "pretty=true"));
    let reply = answer(app, parts, body).await.unwrap_or_else(|error| Reply::status(error.status, error.body()));
    write(reply, head, &accept, pretty)
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Error> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mime = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = [
        "application/json",
        "application/x-ndjson",
        "application/vnd.elasticsearch+json",
        "application/vnd.elasticsearch+x-ndjson",
    ];
    if known.contains(&mime.as_str()) {
        return Ok(());
    }
    Err(Error::new(
        406,
        "media_type_header_exception",
        format!(
            "Invalid media-type value on headers [Content-Type]: Content-Type header [{content_type}] is not supported"
        ),
    ))
}

/// `filter_path`: paths to keep, and with a hyphen before it one to leave out.
fn path_filter(text: &str) -> SourceFilter {
    let mut filter = SourceFilter::default();
    for path in text.split(',').map(str::trim) {
        match path.strip_prefix('-') {
            Some(path) => filter.excludes.push(path.to_owned()),
            None => filter.includes.push(path.to_owned()),
        }
    }
    filter
}

async fn answer(app: Arc<App>, parts: http::request::Parts, body: Body) -> Result<Reply, Error> {
    let too_large = || {
        Error::new(
            413,
            "content_too_long_exception",
            format!(
                "entity content is too long for the configured limit [{BODY_BYTES_MAX}] bytes (http.max_content_length)"
            ),
        )
    };
    let announced = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_BYTES_MAX) {
        return Err(too_large());
    }
    let _permit = app.queue.try_acquire().map_err(|_| {
        Error::new(
            429,
            "es_rejected_execution_exception",
            format!("rejected execution: {REQUESTS_MAX} requests are under way, which is the queue capacity"),
        )
    })?;
    let bytes = match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => return Err(too_large()),
        Err(error) => return Err(Error::new(400, "io_exception", format!("the body could not be read: {error}"))),
    };
    if !bytes.is_empty() {
        check_content_type(&parts.headers)?;
    }
    #[expect(clippy::disallowed_methods, reason = "the engine's own clock, for `now` in queries and creation dates")]
    let now_ms = chrono::Utc::now().timestamp_millis();
    let request = Request::new(parts.method, &parts.uri, bytes, now_ms)?;
    let filter = request.param("filter_path").map(path_filter);
    let worker = Arc::clone(&app);
    let reply = tokio::task::spawn_blocking(move || routes::route(&worker, &request)).await.map_err(|error| {
        tracing::error!(%error, "a request panicked");
        Error::new(500, "exception", "the request failed inside the engine; see its log")
    })?;
    let mut reply = reply?;
    if let (Some(filter), Content::Json(Value::Object(object))) = (filter, &mut reply.content) {
        *object = filter.apply(std::mem::take(object));
    }
    Ok(reply)
}

fn write(reply: Reply, head: bool, accept: &str, pretty: bool) -> Response {
    let (mut content_type, bytes) = match reply.content {
        Content::Json(value) if pretty => ("application/json", serde_json::to_vec_pretty(&value)),
        Content::Json(value) => ("application/json", serde_json::to_vec(&value)),
        Content::Text(text) => ("text/plain; charset=UTF-8", Ok(text.into_bytes())),
    };
    // The media type that the client asked for, with the compatibility version it named.
    if content_type == "application/json" && accept.contains("application/vnd.elasticsearch+json") {
        content_type = if accept.contains("compatible-with=9") {
            "application/vnd.elasticsearch+json;compatible-with=9"
        } else {
            "application/vnd.elasticsearch+json;compatible-with=8"
        };
    }
    let bytes = bytes.unwrap_or_default();
    let mut response = Response::builder()
        .status(StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .header("X-Elastic-Product", "Elasticsearch")
        .header(CONTENT_TYPE, content_type);
    if let Some(location) = reply.location.and_then(|location| HeaderValue::from_str(&location).ok()) {
        response = response.header(LOCATION, location);
    }
    response.body(if head { Body::empty() } else { Body::from(bytes) }).unwrap_or_default()
}
