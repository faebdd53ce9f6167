//! Deletes a calendar.

use super::name::name;
use crate::caller::ADMIN;
use crate::{ApprovalsFault, Deps};
use http::StatusCode;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Deletes a calendar, for administrators. Approvals that name it go by the platform's own working week from then on.
#[utoipa::path(
    delete, path = "/v1/calendars/{name}", tag = "approvals", operation_id = "calendar_delete",
    params(("name" = String, Path, description = "The calendar", example = "vienna")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None of this name"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    if !principal.has_role(ADMIN) {
        return Err(ApprovalsFault::AdminOnly.into());
    }
    if !deps.approvals.calendar_delete(&principal.tenant, &name(&request)?).await? {
        return Err(ApprovalsFault::NoCalendar.into());
    }
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
