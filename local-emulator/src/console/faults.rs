//! Faults on demand of the fake AI providers and of the engines, `/_octavo/faults`; and what the fakes were asked,
//! `/_octavo/providers`.
//!
//! An engine has one fault at most, which has the engine's name in the place of a number.

use super::problem::Problem;
use super::switches;
use crate::emulator::Parts;
use crate::relays;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use local_emulator_ai::{Fault, InvalidFault};
use local_emulator_relay::Mode;
use serde::Deserialize;
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

/// The faults that are there, spent ones among them; those of engines first.
pub(super) async fn list(State(parts): State<Arc<Parts>>) -> Json<Value> {
    let mut items: Vec<Value> = engines(&parts).iter().map(|(name, mode)| of_engine(name, *mode)).collect();
    items.extend(parts.providers.fakes.faults().iter().map(|state| json!(state)));
    Json(json!({ "items": items }))
}

/// The engines that are not as they should be.
fn engines(parts: &Parts) -> Vec<(&'static str, Mode)> {
    parts.relays.all().filter(|(_, mode)| *mode != Mode::Pass).collect()
}

fn of_engine(name: &str, mode: Mode) -> Value {
    let (kind, ms) = relays::name(mode);
    json!({ "id": name, "provider": name, "kind": kind, "ms": ms })
}

/// A fault of an engine as it is asked for: `{"provider": "redis", "kind": "slow", "ms": 200}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EngineFault {
    provider: String,
    kind: String,
    ms: Option<u64>,
}

/// Adds one. One that no request could ever meet is refused: whoever misspelt a name waits for nothing otherwise.
pub(super) async fn add(
    State(parts): State<Arc<Parts>>,
    Json(wanted): Json<Value>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let is_engine = |name: &str| relays::ENGINES.iter().any(|(known, _)| *known == name);
    if wanted["provider"].as_str().is_some_and(is_engine) {
        let shape = |error: serde_json::Error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string());
        let EngineFault { provider, kind, ms } = EngineFault::deserialize(&wanted).map_err(shape)?;
        if kind == "on" {
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "kind: expected away, hang, or slow with ms"));
        }
        switches::engine(&parts, &provider, &kind, ms).await?;
        parts.watch.look_again();
        return Ok((StatusCode::CREATED, Json(json!({ "id": provider }))));
    }
    let fault = Fault::from_json(&wanted)?;
    let faked = &parts.providers.faked;
    if fault.provider != EVERY && !faked.contains(&fault.provider) {
        let is_real = parts.providers.shown.iter().any(|(name, _)| *name == fault.provider);
        let detail = match is_real {
            true => format!("{} is the real provider here: only fakes fail on demand", fault.provider),
            false => {
                let engines = relays::ENGINES.map(|(name, _)| name).join(", ");
                let faked = faked.join(", ");
                format!(
                    "there is no fake provider {:?}: expected {faked} or {EVERY}, or an engine: {engines}",
                    fault.provider
                )
            }
        };
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let id = parts.providers.fakes.add_fault(fault)?;
    parts.watch.look_again();
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

/// Removes one.
pub(super) async fn remove(State(parts): State<Arc<Parts>>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let there = match id.parse() {
        Ok(number) => parts.providers.fakes.remove_fault(number),
        Err(_) => {
            let on = engines(&parts).iter().any(|(name, _)| *name == id);
            on && parts.relays.switch(&id, Mode::Pass).await
        }
    };
    if !there {
        return Err(Problem::not_found("fault"));
    }
    parts.watch.look_again();
    Ok(Json(json!({})))
}

/// Removes all.
pub(super) async fn clear(State(parts): State<Arc<Parts>>) -> Json<Value> {
    let mut removed = parts.providers.fakes.faults().len();
    parts.providers.fakes.clear_faults();
    for (name, _) in engines(&parts) {
        removed += usize::from(parts.relays.switch(name, Mode::Pass).await);
    }
    parts.watch.look_again();
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
