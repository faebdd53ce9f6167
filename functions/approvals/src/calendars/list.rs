//! Lists calendars.

use super::view::CalendarView;
use crate::Deps;
use crate::rules::DEFAULT_CALENDAR;
use http::StatusCode;
use octavo_wiring_edge::{Problem, Request, Response};
use serde::Serialize;
use std::sync::Arc;

/// Calendars.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CalendarList {
    /// By name; `default` is always there.
    calendars: Vec<CalendarView>,
}

/// Lists the tenant's calendars.
#[utoipa::path(
    get, path = "/v1/calendars", tag = "approvals", operation_id = "calendar_list",
    responses((status = 200, body = CalendarList))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    request.query.only(&[])?;
    let found = deps.approvals.calendars(&request.principal()?.tenant).await?;
    let standard = (!found.iter().any(|calendar| calendar.name == DEFAULT_CALENDAR)).then(CalendarView::standard);
    let calendars = standard.into_iter().chain(found.into_iter().map(CalendarView::of)).collect();
    Ok(Response::json(StatusCode::OK, &CalendarList { calendars }))
}
