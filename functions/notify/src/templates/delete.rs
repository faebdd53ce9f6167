//! Takes back what a tenant says instead.

use super::view::named;
use crate::caller::only_admin;
use crate::{Deps, NotifyFault};
use http::StatusCode;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Takes back what the tenant says instead: the platform's own holds again
///
/// For administrators.
#[utoipa::path(
    delete, path = "/v1/notification-templates/{name}/{language}", tag = "notifications",
    operation_id = "notification_template_delete",
    params(
        ("name" = String, Path, description = "Which", example = "approval.requested"),
        ("language" = String, Path, description = "In which language, BCP 47", example = "en"),
    ),
    responses(
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 204, description = "It is gone"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "The tenant said nothing"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let (name, language) = named(&request)?;
    if !deps.store.template_delete(&principal.tenant, &name, &language).await? {
        return Err(NotifyFault::NotFound { what: "template" }.into());
    }
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
