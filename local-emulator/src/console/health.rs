//! How everything is: `GET /_octavo/status`, and whether the index has caught up: `GET /_octavo/indexing`.

use super::problem::Problem;
use crate::emulator::Parts;
use axum::Json;
use axum::extract::State;
use octavo_adapters_blobs::{Options as BlobOptions, S3Blobs};
use octavo_adapters_postgres::{PoolOptions, Postgres};
use octavo_domain_documents::DocumentStore;
use octavo_domain_kernel::{BlobStore, PortError, Queue, QueueDepth, QueueName};
use octavo_domain_search::SearchIndex;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// An engine that takes longer to answer is shown as down.
const PING_WITHIN: Duration = Duration::from_secs(2);

pub(super) async fn status(State(parts): State<Arc<Parts>>) -> Json<Value> {
    let (engines, queues) = tokio::join!(engines(&parts), queues(&parts));
    let functions: Vec<Value> = parts.lambda.functions().into_iter().map(|function| json!(function)).collect();
    let triggers = parts.triggers.get().map(|triggers| {
        json!({
            "pollers": triggers.pollers.iter().map(|poller| json!({
                "queue": poller.mapping().queue, "status": poller.status(),
            })).collect::<Vec<_>>(),
            "relay": triggers.relay.status(),
            "bells": triggers.bells.iter().map(|(name, bell)| json!({ "work": name, "status": bell.status() }))
                .collect::<Vec<_>>(),
            "scheduler": triggers.scheduler.status(),
        })
    });
    Json(json!({ "engines": engines, "functions": functions, "queues": queues, "triggers": triggers }))
}

async fn engines(parts: &Parts) -> Vec<Value> {
    let addresses = &parts.addresses;
    let database = async {
        let options = PoolOptions { connections_max: 1, acquire_timeout: PING_WITHIN, ..PoolOptions::default() };
        match Postgres::connect_lazy(&addresses.database, &options) {
            Ok(store) => {
                let answer = store.ping().await;
                store.close().await;
                answer
            }
            Err(error) => Err(PortError::corrupt(error)),
        }
    };
    let s3 = async {
        let endpoint = addresses.s3.endpoint.parse().map_err(PortError::corrupt)?;
        let options = BlobOptions::new(Some(endpoint), "us-east-1", &addresses.s3.bucket);
        S3Blobs::new(options.with_credentials(&addresses.s3.access_key, &addresses.s3.secret_key)).ping().await
    };
    let (database, redis, index, s3) =
        tokio::join!(within(database), within(parts.queue.ping()), within(parts.index.ping()), within(s3));
    let shown = [
        ("postgres", addresses.database_shown.clone(), database, "supervised"),
        ("redis", addresses.redis.clone(), redis, "embedded"),
        ("elasticsearch", addresses.elasticsearch.to_string(), index, "embedded"),
        ("s3", addresses.s3.endpoint.clone(), s3, "embedded"),
    ];
    shown
        .into_iter()
        .zip(parts.embedded)
        .map(|((name, address, answer, kind), ours)| {
            json!({
                "name": name,
                "kind": if ours { kind } else { "external" },
                "address": without_credentials(&address),
                "state": if answer.is_ok() { "up" } else { "down" },
                "detail": answer.err(),
            })
        })
        .collect()
}

async fn within<T>(ping: impl Future<Output = Result<T, PortError>>) -> Result<(), String> {
    match tokio::time::timeout(PING_WITHIN, ping).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", PING_WITHIN.as_secs())),
    }
}

fn without_credentials(address: &str) -> String {
    match address.parse::<url::Url>() {
        Ok(url) => {
            format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
        }
        Err(_) => address.to_owned(),
    }
}

async fn queues(parts: &Parts) -> Vec<Value> {
    let mut shown = Vec::new();
    for name in &parts.queues {
        let depth = depth(parts, name).await.unwrap_or_default();
        let mut queue = json!(depth);
        if let Some(members) = queue.as_object_mut() {
            members.insert("name".to_owned(), json!(name));
        }
        shown.push(queue);
    }
    shown
}

async fn depth(parts: &Parts, name: &str) -> Result<QueueDepth, PortError> {
    let name: QueueName = name.parse().map_err(|error: String| PortError::corrupt(error))?;
    parts.queue.depth(&name).await
}

/// `settled`: nothing waits to be indexed, and what was indexed is visible. Waits for the latter.
pub(super) async fn indexing(State(parts): State<Arc<Parts>>) -> Result<Json<Value>, Problem> {
    let depth = depth(&parts, "index").await?;
    let settled = depth.ready + depth.in_flight + depth.delayed == 0;
    if settled {
        parts.index.refresh().await?;
    }
    Ok(Json(json!({ "settled": settled, "queue": depth, "refresh_ms": parts.refresh.as_millis() })))
}
