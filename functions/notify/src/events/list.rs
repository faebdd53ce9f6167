//! Lists events.

use super::view::EventView;
use crate::Deps;
use crate::caller::only_admin;
use crate::page::{cut, limit};
use http::StatusCode;
use octavo_domain_notify::EventId;
use octavo_wiring_edge::{Problem, Request, Response, decode_cursor, encode_cursor};
use serde::Serialize;
use std::sync::Arc;

/// A page of events.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct EventPage {
    /// Newest first.
    notifications: Vec<EventView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Lists events, newest first
///
/// For administrators. They are kept for 90 days.
#[utoipa::path(
    get, path = "/v1/notifications", tag = "notifications", operation_id = "notification_list",
    params(
        ("category" = Option<String>, Query, description = "Only of this category", example = "approval.requested"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "1 to 100; 50 if not given"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before; all other parameters as there"),
    ),
    responses(
        (status = 200, body = EventPage),
        (status = 403, body = octavo_wiring_edge::ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    request.query.only(&["category", "limit", "cursor"])?;
    let limit = limit(&request.query)?;
    let category = request.query.one("category")?;
    let after: Option<EventId> =
        request.query.one("cursor")?.map(|cursor| decode_cursor("query:cursor", cursor)).transpose()?;
    let found = deps.store.event_list(&principal.tenant, category, after, limit + 1).await?;
    let (found, more) = cut(found, limit);
    let next_cursor = found.last().filter(|_| more).map(|last| encode_cursor(&last.event.id));
    let notifications = found.into_iter().map(|event| EventView::of(event, None)).collect();
    Ok(Response::json(StatusCode::OK, &EventPage { notifications, next_cursor }))
}
