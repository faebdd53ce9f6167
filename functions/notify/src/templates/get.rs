//! Shows a template.

use super::view::{TemplateView, named, own};
use crate::caller::only_admin;
use crate::{Deps, NotifyFault};
use http::{StatusCode, header};
use octavo_wiring_edge::{EntityTag, Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Shows a template
///
/// For administrators.
#[utoipa::path(
    get, path = "/v1/notification-templates/{name}/{language}", tag = "notifications",
    operation_id = "notification_template_get",
    params(
        ("name" = String, Path, description = "Which", example = "approval.requested"),
        ("language" = String, Path, description = "In which language, BCP 47", example = "en"),
    ),
    responses(
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 200, body = TemplateView, headers(("ETag" = String))),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is none"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let (name, language) = named(&request)?;
    let own = own(&deps, &principal.tenant, &name, &language).await?;
    let view = TemplateView::of(&name, &language, own).ok_or(NotifyFault::NotFound { what: "template" })?;
    let tag = EntityTag(i64::from(view.revision())).header();
    Ok(Response::json(StatusCode::OK, &view).with(header::ETAG, tag))
}
