//! Notifications for people who may not be connected: stored, then shown.

use super::{Deps, authorise};
use crate::fault::RealtimeFault;
use crate::hubs::notifications;
use http::StatusCode;
use octavo_domain_kernel::UserId;
use octavo_domain_notify::NewNotification;
use octavo_wiring_edge::{Problem, Request, Response};
use serde_json::json;
use std::sync::Arc;

/// `POST /api/users/{user}/notifications`: 201 with the notification; 200 where one with its key is there already.
pub(super) async fn notify(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let user: UserId = request.param("user")?;
    let new: NewNotification = request.json()?;
    new.check().map_err(RealtimeFault::Notification)?;
    let hub = notifications::name();
    let clients = deps.server.clients(&tenant, &hub).ok_or(RealtimeFault::NoHub)?;
    let delivered = deps.hubs.notifications().deliver(&clients, &user, &new).await;
    match delivered.map_err(RealtimeFault::Port)? {
        Some(notification) => Ok(Response::json(StatusCode::CREATED, &notification)),
        None => Ok(Response::json(StatusCode::OK, &json!({ "duplicate": true }))),
    }
}
