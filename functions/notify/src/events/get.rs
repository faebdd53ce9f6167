//! Shows an event with its messages.

use super::view::EventView;
use crate::caller::only_admin;
use crate::messages::MessageView;
use crate::{Deps, NotifyFault};
use http::StatusCode;
use octavo_domain_notify::{EventId, MessageQuery};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Messages that are shown with their event.
const MESSAGES_MAX: u32 = 100;

/// Shows an event, and what became of it
///
/// For administrators. The first 100 messages; `GET /v1/notification-messages?event=` lists all.
#[utoipa::path(
    get, path = "/v1/notifications/{id}", tag = "notifications", operation_id = "notification_get",
    params(("id" = String, Path, format = Uuid, description = "The event", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7082")),
    responses(
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 200, body = EventView),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is none"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let tenant = &principal.tenant;
    let id: EventId = request.param("id")?;
    let event = deps.store.event_get(tenant, id).await?.ok_or(NotifyFault::NotFound { what: "event" })?;
    let query = MessageQuery { event: Some(id), limit: MESSAGES_MAX, ..MessageQuery::default() };
    let messages = deps.store.message_list(tenant, &query).await?;
    let messages = messages.into_iter().map(MessageView::of).collect();
    Ok(Response::json(StatusCode::OK, &EventView::of(event, Some(messages))))
}
