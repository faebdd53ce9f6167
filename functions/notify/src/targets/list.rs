//! Lists targets.

use super::view::TargetView;
use crate::Deps;
use crate::caller::only_admin;
use http::StatusCode;
use octavo_wiring_edge::{Problem, Request, Response};
use serde::Serialize;
use std::sync::Arc;

/// The targets of a tenant: at most 100.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TargetList {
    /// By name.
    targets: Vec<TargetView>,
}

/// Lists targets
///
/// For administrators. Their secrets are not shown.
#[utoipa::path(
    get, path = "/v1/notification-targets", tag = "notifications", operation_id = "notification_target_list",
    responses(
        (status = 200, body = TargetList),
        (status = 403, body = octavo_wiring_edge::ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let found = deps.store.targets(&principal.tenant, None).await?;
    let targets = found.iter().map(|target| TargetView::of(&deps, &principal.tenant, target));
    let mut targets = targets.collect::<Result<Vec<_>, _>>()?;
    targets.sort_by(|a, b| a.name().cmp(b.name()));
    Ok(Response::json(StatusCode::OK, &TargetList { targets }))
}
