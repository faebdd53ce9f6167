//! `GET /health/live` and `GET /health/ready`, and `GET /status` for people.

use crate::node::Parts;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use octavo_domain_kernel::PortError;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// What takes longer to answer counts as away.
const WITHIN: Duration = Duration::from_secs(2);

pub(crate) fn router(parts: Arc<Parts>) -> Router {
    Router::new()
        .route("/health/live", get(|| async { "live" }))
        .route("/health/ready", get(ready))
        .route("/status", get(status))
        .with_state(parts)
}

/// Ready: not draining, and what the node works on answers.
async fn ready(State(parts): State<Arc<Parts>>) -> (StatusCode, Json<Value>) {
    let draining = parts.draining.load(Ordering::SeqCst);
    // Claiming nothing asks the database as the relay does, with the same rights.
    let (queue, database) = tokio::join!(within(parts.queue.ping()), within(parts.outbox.outbox_claim(0, 0, 1)));
    let is_ready = !draining && queue.is_none() && database.is_none();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": is_ready, "draining": draining, "queue": queue, "database": database })))
}

async fn within<T>(ask: impl Future<Output = Result<T, PortError>>) -> Option<String> {
    match tokio::time::timeout(WITHIN, ask).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("no answer within {} s", WITHIN.as_secs())),
    }
}

async fn status(State(parts): State<Arc<Parts>>) -> Json<Value> {
    let pollers: Vec<Value> = parts
        .pollers
        .iter()
        .map(|poller| json!({ "queue": poller.mapping().queue, "status": poller.status() }))
        .collect();
    Json(json!({ "pollers": pollers, "relay": parts.relay.status(), "scheduler": parts.scheduler.status() }))
}
