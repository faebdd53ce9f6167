//! The fake AI providers: faults on demand and what they were asked, `/_octavo/faults` and `/_octavo/providers`.

use super::problem::Problem;
use crate::emulator::Parts;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use local_emulator_ai::{Fault, InvalidFault};
use serde_json::{Value, json};
use std::sync::Arc;

/// Requests to the fakes that are shown.
const REQUESTS_SHOWN: usize = 50;
/// A fault's provider that stands for all of them.
const EVERY: &str = "*";

impl From<InvalidFault> for Problem {
    fn from(error: InvalidFault) -> Self {
        let status = match error {
            InvalidFault::TooMany => StatusCode::CONFLICT,
            InvalidFault::Shape(_) | InvalidFault::UnknownKey(_) | InvalidFault::Range(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        };
        Self::new(status, error.to_string())
    }
}

/// The faults that are there, spent ones among them.
pub(super) async fn list(State(parts): State<Arc<Parts>>) -> Json<Value> {
    Json(json!({ "items": parts.providers.fakes.faults() }))
}

/// Adds one. One that no request could ever meet is refused: whoever misspelt a name waits for nothing otherwise.
pub(super) async fn add(
    State(parts): State<Arc<Parts>>,
    Json(wanted): Json<Value>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let fault = Fault::from_json(&wanted)?;
    let faked = &parts.providers.faked;
    if fault.provider != EVERY && !faked.contains(&fault.provider) {
        let is_real = parts.providers.shown.iter().any(|(name, _)| *name == fault.provider);
        let detail = match is_real {
            true => format!("{} is the real provider here: only fakes fail on demand", fault.provider),
            false => {
                format!("there is no fake provider {:?}: expected {} or {EVERY}", fault.provider, faked.join(", "))
            }
        };
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let id = parts.providers.fakes.add_fault(fault)?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

/// Removes one.
pub(super) async fn remove(State(parts): State<Arc<Parts>>, Path(id): Path<u64>) -> Result<Json<Value>, Problem> {
    match parts.providers.fakes.remove_fault(id) {
        true => Ok(Json(json!({}))),
        false => Err(Problem::not_found("fault")),
    }
}

/// Removes all.
pub(super) async fn clear(State(parts): State<Arc<Parts>>) -> Json<Value> {
    let removed = parts.providers.fakes.faults().len();
    parts.providers.fakes.clear_faults();
    Json(json!({ "removed": removed }))
}

/// Where the providers are, which are fakes, and what these were asked so far.
pub(super) async fn providers(State(parts): State<Arc<Parts>>) -> Json<Value> {
    let stats = parts.providers.fakes.stats();
    let shown = parts.providers.shown.iter().map(|(name, address)| {
        let fake = parts.providers.faked.contains(name);
        json!({ "name": name, "address": address, "fake": fake, "stats": stats.providers.get(name) })
    });
    Json(json!({ "items": shown.collect::<Vec<_>>() }))
}

/// The last requests that the fakes got, newest first.
pub(super) async fn requests(State(parts): State<Arc<Parts>>) -> Json<Value> {
    let requests = parts.providers.fakes.requests();
    Json(json!({ "items": requests.iter().rev().take(REQUESTS_SHOWN).collect::<Vec<_>>() }))
}
