//! Where the realtime node is: `GET /_octavo/realtime`; and what it says of itself, `/health`, `/metrics` and `/hubs` below
//! that. The latter are passed on, for the node shows its operator's pages to no web page of another origin.

use super::problem::Problem;
use crate::emulator::Parts;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// A node that takes longer to answer is shown as down.
const WITHIN: Duration = Duration::from_secs(3);
/// Bytes of a page of the node's. It grows with what the node counts, not with its connections.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The address that browsers reach the node at, without a slash at its end; none where there is no node.
pub(super) fn address(parts: &Parts) -> Option<&str> {
    parts.realtime_url.get().map(|url| url.trim_end_matches('/'))
}

pub(super) async fn show(State(parts): State<Arc<Parts>>) -> Json<Value> {
    Json(json!({ "url": address(&parts) }))
}

/// The status and body of the readiness check: a node that is not ready says why.
pub(super) async fn health(State(parts): State<Arc<Parts>>) -> Result<Json<Value>, Problem> {
    let (status, text) = ask(&parts, "/health/ready").await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Ok(Json(json!({ "status": status.as_u16(), "body": body })))
}

pub(super) async fn metrics(State(parts): State<Arc<Parts>>) -> Result<Json<Value>, Problem> {
    let text = page(&parts, "/metrics").await?;
    Ok(Json(json!({ "metrics": text })))
}

/// The hubs with their methods, as the node documents them.
pub(super) async fn hubs(State(parts): State<Arc<Parts>>) -> Result<Json<Value>, Problem> {
    let text = page(&parts, "/hubs/documentation").await?;
    let parsed = serde_json::from_str(&text);
    parsed.map(Json).map_err(|_| Problem::new(StatusCode::BAD_GATEWAY, "the node does not document its hubs as JSON"))
}

/// The status of the node's readiness check and how long it took, for the overview; an error says why there is none.
pub(super) async fn ready(address: &str) -> Result<(u16, Duration), String> {
    static CLIENT: OnceLock<Option<reqwest::Client>> = OnceLock::new();
    let client = CLIENT.get_or_init(|| reqwest::Client::builder().timeout(WITHIN).no_proxy().build().ok());
    let client = client.as_ref().ok_or("there is no HTTP client")?;
    let began = Instant::now();
    let sent = client.get(format!("{}/health/ready", address.trim_end_matches('/'))).send().await;
    sent.map(|response| (response.status().as_u16(), began.elapsed())).map_err(|_| "it does not answer".to_owned())
}

async fn page(parts: &Parts, path: &str) -> Result<String, Problem> {
    match ask(parts, path).await? {
        (StatusCode::OK, text) => Ok(text),
        (status, _) => Err(Problem::new(StatusCode::BAD_GATEWAY, format!("the node answers {path} with {status}"))),
    }
}

async fn ask(parts: &Parts, path: &str) -> Result<(StatusCode, String), Problem> {
    let base = address(parts).ok_or_else(|| Problem::not_found("realtime node"))?;
    let away =
        |error: reqwest::Error| Problem::new(StatusCode::BAD_GATEWAY, format!("the node does not answer: {error}"));
    let client = reqwest::Client::builder().timeout(WITHIN).no_proxy().build().map_err(away)?;
    let mut response = client.get(format!("{base}{path}")).send().await.map_err(away)?;
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(away)? {
        if bytes.len() + piece.len() > PAGE_BYTES_MAX {
            return Err(Problem::new(StatusCode::BAD_GATEWAY, "the node's page is too long"));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok((response.status(), String::from_utf8_lossy(&bytes).into_owned()))
}
