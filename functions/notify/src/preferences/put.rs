//! Sets what somebody chose.

use super::get::view;
use super::view::{PreferencesInput, PreferencesView};
use crate::page::now;
use crate::{Deps, NotifyFault};
use http::StatusCode;
use octavo_domain_notify::Preferences;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Chooses how you are told
///
/// What waits already goes by it too. A mandatory category goes by the tenant's rule whatever is chosen.
#[utoipa::path(
    put, path = "/v1/notification-preferences", tag = "notifications", operation_id = "notification_preferences_put",
    request_body = PreferencesInput,
    responses(
        (status = 200, body = PreferencesView),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let input: PreferencesInput = request.json()?;
    let preferences = Preferences::from(input);
    preferences.check().map_err(NotifyFault::from)?;
    deps.store.preferences_put(&principal.tenant, &principal.user, &preferences, now(&deps)).await?;
    Ok(Response::json(StatusCode::OK, &view(&deps, principal, preferences).await?))
}
