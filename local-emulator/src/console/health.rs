//! How everything is: `GET /_octavo/status`, and whether the index has caught up: `GET /_octavo/indexing`.

use super::problem::Problem;
use crate::emulator::Parts;
use crate::relays;
use axum::Json;
use axum::extract::State;
use octavo_adapters_blobs::{Options as BlobOptions, S3Blobs};
use octavo_adapters_postgres::{PoolOptions, Postgres};
use octavo_domain_documents::DocumentStore;
use octavo_domain_kernel::{BlobStore, PortError, Queue, QueueDepth, QueueName};
use octavo_domain_search::SearchIndex;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// An engine that takes longer to answer is shown as down.
const PING_WITHIN: Duration = Duration::from_secs(2);

pub(super) async fn status(State(parts): State<Arc<Parts>>) -> Json<Value> {
    let (engines, queues) = tokio::join!(engines(&parts, parts.watch.pings()), queues(&parts));
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

async fn engines(parts: &Parts, pings: &Pings) -> Vec<Value> {
    let answers = pings.all(parts).await;
    relays::ENGINES
        .into_iter()
        .zip(shown(parts))
        .zip(answers)
        .map(|(((name, _), (kind, address)), answer)| {
            json!({
                "name": name,
                "kind": kind,
                "address": address,
                "state": if answer.is_ok() { "up" } else { "down" },
                "latency_ms": answer.as_ref().ok().map(|took| took.as_secs_f64() * 1_000.0),
                "detail": answer.err(),
            })
        })
        .collect()
}

/// Whose each engine is and where, without credentials, in the order of [`relays::ENGINES`].
pub(super) fn shown(parts: &Parts) -> [(&'static str, String); 4] {
    let [database, redis, index, s3] = parts.embedded;
    let kind = |ours: bool, kind| if ours { kind } else { "external" };
    let [at_database, at_redis, at_index, at_s3] = parts.engines_shown.clone();
    [
        (kind(database, "supervised"), at_database),
        (kind(redis, "embedded"), at_redis),
        (kind(index, "embedded"), at_index),
        (kind(s3, "embedded"), at_s3),
    ]
}

/// Clients for health checks, made once, by the addresses that functions use.
#[derive(Default)]
pub(super) struct Pings {
    database: OnceLock<Result<Postgres, String>>,
    s3: OnceLock<Result<S3Blobs, String>>,
}

impl Pings {
    /// How long each engine took to answer, or why it did not, in the order of [`relays::ENGINES`].
    pub(super) async fn all(&self, parts: &Parts) -> [Result<Duration, String>; 4] {
        let addresses = &parts.addresses;
        let database = self.database.get_or_init(|| {
            let options = PoolOptions { connections_max: 2, acquire_timeout: PING_WITHIN, ..PoolOptions::default() };
            Postgres::connect_lazy(&addresses.database, &options).map_err(|error| error.to_string())
        });
        let s3 = self.s3.get_or_init(|| {
            let endpoint = addresses.s3.endpoint.parse().map_err(|_| "the address is no URL".to_owned())?;
            let options = BlobOptions::new(Some(endpoint), "us-east-1", &addresses.s3.bucket);
            Ok(S3Blobs::new(options.with_credentials(&addresses.s3.access_key, &addresses.s3.secret_key)))
        });
        let broken = |error: &String| PortError::corrupt(error.clone());
        let database = async { database.as_ref().map_err(broken)?.ping().await };
        let s3 = async { s3.as_ref().map_err(broken)?.ping().await };
        let (database, redis, index, s3) =
            tokio::join!(timed(database), timed(parts.queue.ping()), timed(parts.index.ping()), timed(s3));
        [database, redis, index, s3]
    }
}

async fn timed<T>(ping: impl Future<Output = Result<T, PortError>>) -> Result<Duration, String> {
    let began = Instant::now();
    within(ping).await.map(|_| began.elapsed())
}

/// The answer, or why there was none in time.
pub(super) async fn within<T>(asked: impl Future<Output = Result<T, PortError>>) -> Result<T, String> {
    match tokio::time::timeout(PING_WITHIN, asked).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", PING_WITHIN.as_secs())),
    }
}

/// Host and port of a URL.
pub(crate) fn without_credentials(address: &str) -> String {
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
        let depth = within(depth(parts, name)).await.unwrap_or_default();
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
