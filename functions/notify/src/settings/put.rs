//! Sets what holds for the tenant.

use super::view::NotificationSettings;
use crate::caller::only_admin;
use crate::page::now;
use crate::{Deps, NotifyFault};
use http::{StatusCode, header};
use octavo_domain_notify::Settings;
use octavo_wiring_edge::{EntityTag, Problem, ProblemDocument, Request, Response, if_match};
use std::sync::Arc;

/// Sets what holds for the tenant
///
/// For administrators. `If-Match` names the entity tag of what was read, `"r0"` where nothing was set before.
#[utoipa::path(
    put, path = "/v1/notification-settings", tag = "notifications", operation_id = "notification_settings_put",
    params(("If-Match" = String, Header, description = "The entity tag of what was read", example = "\"r3\"")),
    request_body = NotificationSettings,
    responses(
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 200, body = NotificationSettings, headers(("ETag" = String))),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json", description = "They were changed meanwhile"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
        (status = 428, body = ProblemDocument, content_type = "application/problem+json", description = "If-Match is needed"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let tenant = &principal.tenant;
    let EntityTag(seen) = if_match(&request)?.ok_or(NotifyFault::RevisionNeeded)?;
    let input: NotificationSettings = request.json()?;
    let settings = Settings::from(input);
    settings.check().map_err(NotifyFault::from)?;
    let made = match u32::try_from(seen) {
        Ok(seen) => deps.store.settings_put(tenant, &settings, seen, &principal.user, now(&deps)).await?,
        Err(_) => None,
    };
    let Some(revision) = made else {
        let (_, current) = deps.store.settings_get(tenant).await?;
        return Err(NotifyFault::Changed { current }.into());
    };
    let view = NotificationSettings::from(settings);
    Ok(Response::json(StatusCode::OK, &view).with(header::ETAG, EntityTag(i64::from(revision)).header()))
}
