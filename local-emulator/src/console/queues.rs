//! Queues: how full each is and who takes from it, and a message by hand. `/_octavo/queues`.

use super::dead;
use super::health::within;
use super::problem::Problem;
use crate::emulator::Parts;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_domain_kernel::{Clock, Ids, MESSAGE_BYTES_MAX, Message, Queue, TenantId};
use octavo_wiring_triggers::Poller;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// A message that somebody wrote: what a function's own code would send.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    tenant: TenantId,
    kind: String,
    #[serde(default)]
    key: String,
    body: Value,
}

pub(super) async fn list(State(parts): State<Arc<Parts>>) -> Json<Value> {
    let all = parts.queues.iter().map(|name| one(&parts, name));
    Json(json!({ "items": futures::future::join_all(all).await }))
}

/// One queue: its depth, or why nobody knows it; who takes from it, how, and how that goes.
async fn one(parts: &Parts, name: &str) -> Value {
    let depth = match dead::name(name) {
        Ok(parsed) => within(parts.queue.depth(&parsed)).await,
        Err(_) => Err("this is no queue's name".to_owned()),
    };
    let poller = poller(parts, name).map(|poller| {
        let mapping = poller.mapping();
        json!({
            "function": mapping.function,
            "batch_size": mapping.batch_size,
            "max_receive_count": mapping.max_receive_count,
            "concurrency": mapping.concurrency,
            "visibility_ms": u64::try_from(mapping.visibility.as_millis()).unwrap_or(u64::MAX),
            "status": poller.status(),
        })
    });
    let (depth, fault) = match depth {
        Ok(depth) => (Some(depth), None),
        Err(fault) => (None, Some(fault)),
    };
    json!({ "name": name, "depth": depth, "fault": fault, "poller": poller })
}

fn poller<'a>(parts: &'a Parts, name: &str) -> Option<&'a Poller> {
    parts.triggers.get()?.pollers.iter().find(|poller| poller.mapping().queue.as_str() == name)
}

/// Sends a message by hand.
pub(super) async fn send(
    State(parts): State<Arc<Parts>>,
    Path(queue): Path<String>,
    Json(written): Json<Written>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    if !parts.queues.contains(&queue) {
        return Err(Problem::not_found("queue"));
    }
    let Written { tenant, kind, key, body } = written;
    let message = Message { id: SystemIds.next(), tenant, kind, key, at: SystemClock.now(), traceparent: None, body };
    let bytes = serde_json::to_vec(&message).map(|text| text.len()).unwrap_or(usize::MAX);
    if bytes > MESSAGE_BYTES_MAX {
        let text = format!("body: expected a message of at most {MESSAGE_BYTES_MAX} bytes as JSON, got {bytes}");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text));
    }
    parts.queue.send(&dead::name(&queue)?, std::slice::from_ref(&message)).await?;
    parts.watch.look_again();
    Ok((StatusCode::CREATED, Json(json!({ "id": message.id }))))
}
