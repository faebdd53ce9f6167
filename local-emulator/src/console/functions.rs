//! Functions: how each is, with its sandboxes; freezing, thawing and killing. `/_octavo/functions`.

use super::problem::Problem;
use crate::emulator::Parts;
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Which sandbox; all of the function's without one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    sandbox: Option<String>,
}

pub(super) async fn list(State(parts): State<Arc<Parts>>) -> Json<Value> {
    Json(json!({ "items": parts.lambda.functions() }))
}

pub(super) async fn show(State(parts): State<Arc<Parts>>, Path(name): Path<String>) -> Result<Json<Value>, Problem> {
    let sandboxes = parts.lambda.sandbox_statuses(&name).ok_or_else(none)?;
    let status = parts.lambda.functions().into_iter().find(|function| function.name == name).ok_or_else(none)?;
    Ok(Json(json!({ "status": status, "sandboxes": sandboxes })))
}

/// Gives its sandboxes no more work.
pub(super) async fn freeze(State(parts): State<Arc<Parts>>, Path(name): Path<String>) -> Result<Json<Value>, Problem> {
    let there = parts.lambda.freeze(&name);
    changed(&parts, there, json!({ "frozen": true }))
}

/// Gives them work again.
pub(super) async fn thaw(State(parts): State<Arc<Parts>>, Path(name): Path<String>) -> Result<Json<Value>, Problem> {
    let there = parts.lambda.thaw(&name);
    changed(&parts, there, json!({ "frozen": false }))
}

/// Kills one sandbox or all of them, as if their processes had crashed: what they run fails.
pub(super) async fn kill(
    State(parts): State<Arc<Parts>>,
    Path(name): Path<String>,
    Json(which): Json<Which>,
) -> Result<Json<Value>, Problem> {
    match which.sandbox {
        Some(id) if parts.lambda.kill_sandbox(&name, &id) => changed(&parts, true, json!({ "killed": 1 })),
        Some(_) => Err(Problem::not_found("sandbox")),
        None => {
            let there = parts.lambda.sandbox_statuses(&name).is_some();
            let killed = parts.lambda.kill(&name);
            changed(&parts, there, json!({ "killed": killed }))
        }
    }
}

fn changed(parts: &Parts, there: bool, answer: Value) -> Result<Json<Value>, Problem> {
    if !there {
        return Err(none());
    }
    parts.watch.look_again();
    Ok(Json(answer))
}

fn none() -> Problem {
    Problem::not_found("function")
}
