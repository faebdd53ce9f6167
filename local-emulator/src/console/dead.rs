//! Dead letters: `/_octavo/dead/{queue}`, one or all of them.

use super::problem::Problem;
use crate::emulator::Parts;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use octavo_domain_kernel::{DeadLetters, MESSAGE_BYTES_MAX, Message, QueueName};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const PAGE: usize = 100;
/// Dead letters that one request puts back or throws away; whoever has more asks again.
const AT_ONCE_MAX: usize = 1_000;

#[derive(Deserialize)]
pub(super) struct Page {
    after: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Redrive {
    body: Option<String>,
}

pub(super) fn name(queue: &str) -> Result<QueueName, Problem> {
    queue.parse().map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("path:queue: {error}")))
}

pub(super) async fn list(
    State(parts): State<Arc<Parts>>,
    Path(queue): Path<String>,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Problem> {
    let after = page.after.filter(|after| !after.is_empty());
    let items = parts.queue.dead_list(&name(&queue)?, after.as_deref(), PAGE).await?;
    Ok(Json(json!({ "items": items })))
}

pub(super) async fn show(
    State(parts): State<Arc<Parts>>,
    Path((queue, id)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let letter = parts.queue.dead_get(&name(&queue)?, &id).await?.ok_or_else(|| Problem::not_found("dead letter"))?;
    Ok(Json(json!(letter)))
}

pub(super) async fn redrive(
    State(parts): State<Arc<Parts>>,
    Path((queue, id)): Path<(String, String)>,
    Json(redrive): Json<Redrive>,
) -> Result<Json<Value>, Problem> {
    if let Some(body) = &redrive.body {
        // Checked here, where somebody reads the answer, rather than in the function, where it would die again.
        let invalid = |reason: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("body: {reason}"));
        if body.len() > MESSAGE_BYTES_MAX {
            return Err(invalid(format!("expected at most {MESSAGE_BYTES_MAX} bytes")));
        }
        serde_json::from_str::<Message>(body).map_err(|error| invalid(error.to_string()))?;
    }
    match parts.queue.dead_redrive(&name(&queue)?, &id, redrive.body.as_deref()).await? {
        true => {
            parts.watch.look_again();
            Ok(Json(json!({})))
        }
        false => Err(Problem::not_found("dead letter")),
    }
}

/// Puts all of them back into their queue, the oldest first.
pub(super) async fn redrive_all(
    State(parts): State<Arc<Parts>>,
    Path(queue): Path<String>,
) -> Result<Json<Value>, Problem> {
    let queue = name(&queue)?;
    let ids = oldest(&parts, &queue).await?;
    let mut redriven = 0;
    for id in &ids {
        // One that somebody else has put back or thrown away meanwhile is no failure.
        redriven += usize::from(parts.queue.dead_redrive(&queue, id, None).await?);
    }
    parts.watch.look_again();
    Ok(Json(json!({ "redriven": redriven, "more": ids.len() == AT_ONCE_MAX })))
}

/// Throws all of them away.
pub(super) async fn delete_all(
    State(parts): State<Arc<Parts>>,
    Path(queue): Path<String>,
) -> Result<Json<Value>, Problem> {
    let queue = name(&queue)?;
    let ids = oldest(&parts, &queue).await?;
    let mut deleted = 0;
    for id in &ids {
        deleted += usize::from(parts.queue.dead_delete(&queue, id).await?);
    }
    parts.watch.look_again();
    Ok(Json(json!({ "deleted": deleted, "more": ids.len() == AT_ONCE_MAX })))
}

/// The names of those that are there now, known before the first of them is touched: what dies again meanwhile is not among
/// them.
async fn oldest(parts: &Parts, queue: &QueueName) -> Result<Vec<String>, Problem> {
    let mut ids: Vec<String> = Vec::new();
    while ids.len() < AT_ONCE_MAX {
        let page = parts.queue.dead_list(queue, ids.last().map(String::as_str), PAGE).await?;
        let is_last = page.len() < PAGE;
        ids.extend(page.into_iter().map(|letter| letter.id));
        if is_last {
            break;
        }
    }
    ids.truncate(AT_ONCE_MAX);
    Ok(ids)
}

pub(super) async fn delete(
    State(parts): State<Arc<Parts>>,
    Path((queue, id)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    match parts.queue.dead_delete(&name(&queue)?, &id).await? {
        true => {
            parts.watch.look_again();
            Ok(Json(json!({})))
        }
        false => Err(Problem::not_found("dead letter")),
    }
}
