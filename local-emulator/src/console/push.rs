//! What a function would do with a tenant's access key, for the console and the command line: `POST /_octavo/notify` and
//! `POST /_octavo/push` go through the node's data plane, `POST /_octavo/access-key` shows the key.

use super::problem::Problem;
use crate::emulator::Parts;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use octavo_adapters_signalr::{AccessKeys, Push, PushFault, Tokens};
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::{TenantId, UserId};
use octavo_domain_notify::NewNotification;
use octavo_domain_realtime::HubName;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Notify {
    tenant: TenantId,
    user: UserId,
    notification: NewNotification,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pushed {
    tenant: TenantId,
    hub: String,
    /// Everybody's, where none is named.
    #[serde(default)]
    user: Option<UserId>,
    target: String,
    #[serde(default)]
    arguments: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whose {
    tenant: TenantId,
}

fn tokens(parts: &Parts) -> Result<Tokens, Problem> {
    let defect = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the realtime keys are unusable");
    let keys = octavo_wiring_settings::RealtimeKeys::parse(&parts.realtime_keys).ok_or_else(defect)?;
    Ok(Tokens::new(AccessKeys::new(keys.bytes()).ok_or_else(defect)?))
}

fn push(parts: &Parts) -> Result<Push, Problem> {
    let url = parts.realtime_url.get().and_then(|url| url.parse().ok());
    let url = url.ok_or_else(|| Problem::not_found("realtime node"))?;
    let client = Push::new(&url, tokens(parts)?, Arc::new(SystemClock));
    client.map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

fn refused(fault: PushFault) -> Problem {
    match fault {
        PushFault::Unreachable(error) => {
            Problem::new(StatusCode::BAD_GATEWAY, format!("the node does not answer: {error}"))
        }
        PushFault::Refused { status, detail } => {
            Problem::new(StatusCode::BAD_GATEWAY, format!("the node answers {status}: {detail}"))
        }
    }
}

pub(super) async fn notify(
    State(parts): State<Arc<Parts>>,
    Json(asked): Json<Notify>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    push(&parts)?.notify(&asked.tenant, &asked.user, &asked.notification).await.map_err(refused)?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "notified": asked.user }))))
}

pub(super) async fn send(
    State(parts): State<Arc<Parts>>,
    Json(asked): Json<Pushed>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let hub: HubName =
        asked.hub.parse().map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("hub: {error}")))?;
    let push = push(&parts)?;
    let sent = match &asked.user {
        Some(user) => push.user(&asked.tenant, &hub, user, &asked.target, &asked.arguments).await,
        None => push.everyone(&asked.tenant, &hub, &asked.target, &asked.arguments).await,
    };
    sent.map_err(refused)?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "sent": asked.target }))))
}

pub(super) async fn access_key(
    State(parts): State<Arc<Parts>>,
    Json(whose): Json<Whose>,
) -> Result<Json<Value>, Problem> {
    let key = tokens(&parts)?.keys().of_tenant(&whose.tenant);
    let endpoint = parts.realtime_url.get().ok_or_else(|| Problem::not_found("realtime node"))?;
    let connection_string = format!("Endpoint={endpoint};AccessKey={key};Version=1.0;");
    Ok(Json(json!({ "access_key": key, "connection_string": connection_string })))
}
