//! A token for whoever the console's user wants to be: `POST /_octavo/token`.

use super::problem::Problem;
use crate::emulator::Parts;
use crate::issuer::TokenRequest;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::{Clock, TenantId, UserId};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    tenant: TenantId,
    user: UserId,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
}

pub(super) async fn issue(State(parts): State<Arc<Parts>>, Json(wanted): Json<Wanted>) -> Result<Json<Value>, Problem> {
    let mut request = TokenRequest::new(wanted.tenant.as_str(), wanted.user.as_str());
    request.groups = wanted.groups;
    request.roles = wanted.roles;
    let token = parts
        .issuer
        .token(&request, SystemClock.now())
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(Json(json!({ "token": token })))
}
