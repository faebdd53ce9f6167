//! Dead letters: `/_octavo/dead/{queue}`.

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

#[derive(Deserialize)]
pub(super) struct Page {
    after: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Redrive {
    body: Option<String>,
}

fn name(queue: &str) -> Result<QueueName, Problem> {
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
        true => Ok(Json(json!({}))),
        false => Err(Problem::not_found("dead letter")),
    }
}

pub(super) async fn delete(
    State(parts): State<Arc<Parts>>,
    Path((queue, id)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    match parts.queue.dead_delete(&name(&queue)?, &id).await? {
        true => Ok(Json(json!({}))),
        false => Err(Problem::not_found("dead letter")),
    }
}
