//! What can be switched, each with what it does now: `GET /_octavo/switches`, `PUT /_octavo/switches/{group}/{name}`.

use super::overview::CHANNELS;
use super::problem::Problem;
use crate::emulator::Parts;
use crate::relays;
use crate::switches::Trouble;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The longest time that something is made slow by, in milliseconds: nobody waits for more.
pub(super) const SLOW_MS_MAX: u64 = 60_000;

/// What something is to do: `{"mode": "slow", "ms": 500}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// `on`, `away`, `hang`, `slow`; of a function `on`, `frozen`.
    mode: String,
    /// How much slower, with `slow`.
    ms: Option<u64>,
}

pub(super) async fn list(State(parts): State<Arc<Parts>>) -> Json<Value> {
    Json(json!({ "items": all(&parts) }))
}

fn all(parts: &Parts) -> Vec<Value> {
    forget_removed(parts);
    let engines = relays::ENGINES.iter().map(|(name, title)| match parts.relays.mode(name) {
        Some(mode) => {
            let (mode, ms) = relays::name(mode);
            json!({ "group": "engine", "name": name, "title": title, "mode": mode, "ms": ms, "modes": ["away", "hang", "slow"] })
        }
        None => json!({ "group": "engine", "name": name, "title": title, "mode": "on", "modes": [] }),
    });
    let service = |group: &str, name: &str, fake: bool, switched: Option<&str>, ms: Option<u64>| {
        let modes: &[&str] = if fake { &["away", "hang", "slow"] } else { &[] };
        let mode = switched.unwrap_or("on");
        json!({ "group": group, "name": name, "title": name, "mode": mode, "ms": ms, "modes": modes })
    };
    let (asked, sent) = (parts.providers.fakes.faults(), parts.notify.get().map(|notify| notify.fakes.faults()));
    let providers = parts.providers.shown.iter().map(|(name, _)| {
        let switched = parts.switches.provider(name);
        let fault = switched.and_then(|(_, id)| asked.iter().find(|state| state.id == id));
        let ms = fault.and_then(|state| match state.fault.kind {
            local_emulator_ai::FaultKind::Latency { first_token_ms, .. } => Some(first_token_ms),
            _ => None,
        });
        service("provider", name, parts.providers.faked.contains(name), switched.map(|(kind, _)| kind), ms)
    });
    let channels = CHANNELS.iter().filter(|_| sent.is_some()).map(|name| {
        let switched = parts.switches.channel(name);
        let fault = switched.and_then(|(_, id)| sent.iter().flatten().find(|state| state.id == id));
        let ms = fault.and_then(|state| match state.fault.kind {
            local_emulator_notify::FaultKind::Delay { ms } => Some(ms),
            _ => None,
        });
        service("channel", name, true, switched.map(|(kind, _)| kind), ms)
    });
    let functions = parts.lambda.functions().into_iter().map(|function| {
        let mode = if function.frozen { "frozen" } else { "on" };
        json!({
            "group": "function", "name": function.name, "title": function.name, "mode": mode, "ms": null, "modes": ["frozen"],
            "sandboxes": function.sandboxes, "waiting": function.waiting,
        })
    });
    engines.chain(providers).chain(channels).chain(functions).collect()
}

/// A fault that a switch had made may have been removed as a fault since.
pub(super) fn forget_removed(parts: &Parts) {
    let asked: Vec<u64> = parts.providers.fakes.faults().iter().map(|state| state.id).collect();
    let sent = parts.notify.get().map(|notify| notify.fakes.faults()).unwrap_or_default();
    parts.switches.keep(&asked, &sent.iter().map(|state| state.id).collect::<Vec<_>>());
}

pub(super) async fn switch(
    State(parts): State<Arc<Parts>>,
    Path((group, name)): Path<(String, String)>,
    Json(wanted): Json<Wanted>,
) -> Result<Json<Value>, Problem> {
    let none = || Problem::not_found("switch");
    match group.as_str() {
        "engine" => engine(&parts, &name, &wanted.mode, wanted.ms).await?,
        "provider" => {
            let trouble = trouble(&wanted)?;
            if !parts.providers.faked.contains(&name) {
                return Err(none());
            }
            parts.switches.switch_provider(&parts.providers.fakes, &name, trouble)?;
        }
        "channel" => {
            let trouble = trouble(&wanted)?;
            let notify = parts.notify.get().filter(|_| CHANNELS.contains(&name.as_str())).ok_or_else(none)?;
            let switched = parts.switches.switch_channel(&notify.fakes, &name, trouble);
            switched.map_err(|error| Problem::new(StatusCode::CONFLICT, error.to_string()))?;
        }
        "function" => {
            let there = match (wanted.mode.as_str(), wanted.ms) {
                ("frozen", None) => parts.lambda.freeze(&name),
                ("on", None) => parts.lambda.thaw(&name),
                _ => return Err(invalid("mode: expected on or frozen, without ms")),
            };
            if !there {
                return Err(none());
            }
        }
        _ => return Err(none()),
    }
    parts.watch.look_again();
    Ok(Json(json!({ "mode": wanted.mode, "ms": wanted.ms })))
}

/// Switches the relay in front of an engine.
pub(super) async fn engine(parts: &Parts, name: &str, mode: &str, ms: Option<u64>) -> Result<(), Problem> {
    in_range(ms)?;
    let wanted = relays::named(mode, ms).ok_or_else(|| invalid("mode: expected on, away or hang, or slow with ms"))?;
    if !relays::ENGINES.iter().any(|(known, _)| *known == name) {
        return Err(Problem::not_found("engine"));
    }
    let reason =
        "nothing stands in front of this engine: it is reached by TLS, or the emulator was started with --direct";
    match parts.relays.switch(name, wanted).await {
        true => Ok(()),
        false => Err(Problem::new(StatusCode::CONFLICT, reason)),
    }
}

fn trouble(wanted: &Wanted) -> Result<Option<Trouble>, Problem> {
    in_range(wanted.ms)?;
    match (wanted.mode.as_str(), wanted.ms) {
        ("on", None) => Ok(None),
        ("away", None) => Ok(Some(Trouble::Away)),
        ("hang", None) => Ok(Some(Trouble::Hang)),
        ("slow", Some(ms)) => Ok(Some(Trouble::Slow(ms))),
        _ => Err(invalid("mode: expected on, away or hang, or slow with ms")),
    }
}

fn in_range(ms: Option<u64>) -> Result<(), Problem> {
    match ms {
        Some(ms) if !(1..=SLOW_MS_MAX).contains(&ms) => {
            Err(invalid(format!("ms: expected 1 to {SLOW_MS_MAX} milliseconds")))
        }
        _ => Ok(()),
    }
}

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
}
