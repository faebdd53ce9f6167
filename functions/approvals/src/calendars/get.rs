//! Shows a calendar.

use super::name::name;
use super::view::CalendarView;
use crate::rules::DEFAULT_CALENDAR;
use crate::{ApprovalsFault, Deps};
use http::StatusCode;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Shows a calendar.
#[utoipa::path(
    get, path = "/v1/calendars/{name}", tag = "approvals", operation_id = "calendar_read",
    params(("name" = String, Path, description = "The calendar", example = "default")),
    responses(
        (status = 200, body = CalendarView),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None of this name"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let name = name(&request)?;
    let found = deps.approvals.calendar_get(&request.principal()?.tenant, &name).await?;
    let view = match found {
        Some(found) => CalendarView::of(found),
        None if name == DEFAULT_CALENDAR => CalendarView::standard(),
        None => return Err(ApprovalsFault::NoCalendar.into()),
    };
    Ok(Response::json(StatusCode::OK, &view))
}
