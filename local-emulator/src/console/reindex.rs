//! What `cargo octavo reindex` needs of a running emulator: `GET /_octavo/reindex`, `POST /_octavo/reindex/generations`.

use super::problem::Problem;
use crate::emulator::Parts;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use octavo_adapters_postgres::{PoolOptions, Relay};
use octavo_domain_search::SearchGenerations;
use serde_json::{Value, json};
use std::sync::Arc;

/// Where the index is and what a new one is like. For the command line of this machine alone: the address is whole.
pub(super) async fn show(State(parts): State<Arc<Parts>>) -> Json<Value> {
    let options = parts.index.options();
    let vectors = options.vectors.as_ref().map(|model| json!({ "model": model.name, "dimensions": model.dimensions }));
    Json(json!({
        "elasticsearch": options.url, "index": options.name, "vectors": vectors,
        "refresh_ms": options.refresh_interval.as_millis(), "embedded": parts.embedded[2],
    }))
}

/// Counts the generation of every tenant: results of before are not served any more.
pub(super) async fn generations(State(parts): State<Arc<Parts>>) -> Result<Json<Value>, Problem> {
    let failed = |error: String| Problem::new(StatusCode::SERVICE_UNAVAILABLE, error);
    let options =
        PoolOptions { connections_max: 1, application_name: "octavo-reindex".to_owned(), ..PoolOptions::default() };
    let relay =
        Relay::connect_lazy(&parts.addresses.database_relay, &options).map_err(|error| failed(error.to_string()))?;
    let tenants = relay.generations_bump().await.map_err(|error| failed(error.to_string()))?;
    relay.close().await;
    Ok(Json(json!({ "tenants": tenants })))
}
