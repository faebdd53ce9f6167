//! Shows a target.

use super::view::TargetView;
use crate::caller::only_admin;
use crate::{Deps, NotifyFault};
use http::StatusCode;
use octavo_domain_kernel::TenantId;
use octavo_domain_notify::SealedTarget;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Shows a target
///
/// For administrators. Its secrets are not shown.
#[utoipa::path(
    get, path = "/v1/notification-targets/{name}", tag = "notifications", operation_id = "notification_target_get",
    params(("name" = String, Path, description = "Its name", example = "crm")),
    responses(
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 200, body = TargetView),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is none"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let name: String = request.param("name")?;
    let found = find(&deps, &principal.tenant, &name).await?;
    let target = found.ok_or(NotifyFault::NotFound { what: "target" })?;
    Ok(Response::json(StatusCode::OK, &TargetView::of(&deps, &principal.tenant, &target)?))
}

pub(super) async fn find(deps: &Deps, tenant: &TenantId, name: &str) -> Result<Option<SealedTarget>, Problem> {
    let found = deps.store.targets(tenant, Some(&[name.to_owned()])).await?;
    Ok(found.into_iter().next())
}
