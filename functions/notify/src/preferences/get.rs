//! Shows what somebody chose.

use super::view::PreferencesView;
use crate::Deps;
use http::StatusCode;
use octavo_domain_kernel::Principal;
use octavo_domain_notify::Preferences;
use octavo_wiring_edge::{Problem, Request, Response};
use std::sync::Arc;

/// Shows what you chose
///
/// With what holds for every category and channel by it and by the tenant's rules.
#[utoipa::path(
    get, path = "/v1/notification-preferences", tag = "notifications", operation_id = "notification_preferences_get",
    responses((status = 200, body = PreferencesView))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let chosen = deps.store.preferences_get(&principal.tenant, std::slice::from_ref(&principal.user)).await?;
    let preferences = chosen.into_iter().next().map(|(_, preferences)| preferences).unwrap_or_default();
    Ok(Response::json(StatusCode::OK, &view(&deps, principal, preferences).await?))
}

pub(super) async fn view(
    deps: &Deps,
    principal: &Principal,
    preferences: Preferences,
) -> Result<PreferencesView, Problem> {
    let (settings, _) = deps.store.settings_get(&principal.tenant).await?;
    let person = deps.people.person_get(&principal.tenant, &principal.user).await?;
    Ok(PreferencesView::of(preferences, &settings, person.and_then(|person| person.zone)))
}
