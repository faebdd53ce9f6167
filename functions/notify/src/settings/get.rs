//! Shows what the tenant set.

use super::view::NotificationSettings;
use crate::Deps;
use crate::caller::only_admin;
use http::{StatusCode, header};
use octavo_wiring_edge::{EntityTag, Problem, Request, Response};
use std::sync::Arc;

/// Shows what the tenant set
///
/// For administrators. The entity tag is what a change names in `If-Match`.
#[utoipa::path(
    get, path = "/v1/notification-settings", tag = "notifications", operation_id = "notification_settings_get",
    responses(
        (status = 200, body = NotificationSettings, headers(("ETag" = String))),
        (status = 403, body = octavo_wiring_edge::ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let (settings, revision) = deps.store.settings_get(&principal.tenant).await?;
    let view = NotificationSettings::from(settings);
    Ok(Response::json(StatusCode::OK, &view).with(header::ETAG, EntityTag(i64::from(revision)).header()))
}
