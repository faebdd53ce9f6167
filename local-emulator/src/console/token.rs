//! A token for whoever the console's user wants to be: `POST /_octavo/token`.

use super::problem::Problem;
use crate::emulator::Parts;
use crate::issuer::TokenRequest;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use chrono::TimeDelta;
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::{Clock, TenantId, UserId};
use serde::Deserialize;
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Seconds that a token may be good for: up to a year, for a script that is left to itself.
const LIFETIME_S: RangeInclusive<i64> = 1..=365 * 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    tenant: TenantId,
    user: UserId,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
    /// Seconds that it is good for; 12 hours if not given.
    lifetime_s: Option<i64>,
}

pub(super) async fn issue(
    State(parts): State<Arc<Parts>>,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(wanted) = wanted.map_err(|refused| Problem::new(refused.status(), refused.body_text()))?;
    let mut request = TokenRequest::new(wanted.tenant.as_str(), wanted.user.as_str());
    request.groups = wanted.groups;
    request.roles = wanted.roles;
    if let Some(seconds) = wanted.lifetime_s {
        if !LIFETIME_S.contains(&seconds) {
            let detail = format!("lifetime_s: expected {} to {}", LIFETIME_S.start(), LIFETIME_S.end());
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
        }
        request.lifetime = TimeDelta::seconds(seconds);
    }
    let token = parts
        .issuer
        .token(&request, SystemClock.now())
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(Json(json!({ "token": token })))
}
