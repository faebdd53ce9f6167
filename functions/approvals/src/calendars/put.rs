//! Sets a calendar.

use super::name::name;
use super::view::CalendarView;
use crate::caller::ADMIN;
use crate::commit::now;
use crate::{ApprovalsFault, Deps};
use http::StatusCode;
use octavo_domain_approvals::NamedCalendar;
use octavo_domain_calendar::Calendar;
use octavo_domain_kernel::PortErrorKind;
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Request, Response};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Calendars of a tenant: the store's own limit.
const CALENDARS_MAX: u32 = 100;

/// What a calendar says: for the description alone, it is read as the domain's own.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[expect(dead_code, reason = "the shape of the body, which is read as the domain's Calendar")]
pub(crate) struct CalendarInput {
    /// Whose wall clock: a name of the IANA database.
    #[schema(example = "Europe/Vienna")]
    zone: String,
    /// The business hours of each weekday (`monday` ... `sunday`), in order and without overlap; `00:00:00` ends a day.
    #[schema(value_type = Object, example = json!({"monday": [{"from": "09:00:00", "to": "17:00:00"}]}))]
    hours: BTreeMap<String, Vec<serde_json::Value>>,
    /// Days without business, with their names: at most 1,000.
    #[schema(value_type = Object, required = false, nullable, example = json!({"2026-12-25": "Christmas"}))]
    holidays: Option<BTreeMap<String, String>>,
}

/// Sets a calendar, for administrators. Times that approvals were given already stay as they are; later ones go by it.
#[utoipa::path(
    put, path = "/v1/calendars/{name}", tag = "approvals", operation_id = "calendar_put",
    params(("name" = String, Path, description = "The calendar: 1 to 64 characters of a-z, 0-9 and -", example = "default")),
    request_body = CalendarInput,
    responses(
        (status = 200, body = CalendarView),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "There are 100 already"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    if !principal.has_role(ADMIN) {
        return Err(ApprovalsFault::AdminOnly.into());
    }
    let name = name(&request)?;
    let calendar: Calendar = request.json()?;
    calendar.check().map_err(|wrong| EdgeFault::invalid(wrong.field, wrong.message))?;
    let calendar = NamedCalendar { name, calendar, updated_at: now(&deps) };
    match deps.approvals.calendar_put(&principal.tenant, &calendar).await {
        Ok(()) => Ok(Response::json(StatusCode::OK, &CalendarView::of(calendar))),
        Err(error) if error.kind == PortErrorKind::Conflict => Err(ApprovalsFault::TooMany(CALENDARS_MAX).into()),
        Err(error) => Err(error.into()),
    }
}
