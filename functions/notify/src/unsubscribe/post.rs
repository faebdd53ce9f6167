//! Unsubscribes.

use super::html;
use crate::page::now;
use crate::{Deps, Unsubscribe};
use octavo_domain_kernel::{PortError, UserId};
use octavo_domain_notify::{Channel, Choice, Preferences, Suppression};
use octavo_wiring_edge::{Problem, Request, Response};
use std::sync::Arc;

/// Unsubscribes
///
/// A person's preferences say so then, and they may change them again; an address that is no person's goes to the list of
/// suppressed ones. Doing it again changes nothing. Mail programs send `List-Unsubscribe=One-Click` (RFC 8058); the page sends
/// an empty form.
#[utoipa::path(
    post, path = "/v1/unsubscribe/{token}", tag = "notifications", operation_id = "unsubscribe",
    params(("token" = String, Path, description = "From a mail")),
    responses(
        (status = 200, content_type = "text/html", description = "Done"),
        (status = 404, content_type = "text/html", description = "The link was not made here"),
    ),
    security(())
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let token: String = request.param("token")?;
    let Some(unsubscribe) = deps.links.read(&token) else { return Ok(html::refused()) };
    match &unsubscribe.user {
        Some(user) => choose(&deps, &unsubscribe, user).await?,
        None => suppress(&deps, &unsubscribe).await?,
    }
    tracing::info!(tenant = %unsubscribe.tenant, categories = ?unsubscribe.categories, "somebody unsubscribed");
    Ok(html::done(&unsubscribe.address.0, &unsubscribe.categories))
}

async fn choose(deps: &Deps, unsubscribe: &Unsubscribe, user: &UserId) -> Result<(), PortError> {
    let found = deps.store.preferences_get(&unsubscribe.tenant, std::slice::from_ref(user)).await?;
    let before = found.into_iter().next().map(|(_, preferences)| preferences).unwrap_or_default();
    let mut preferences: Preferences = before.clone();
    for category in &unsubscribe.categories {
        preferences.choices.entry(category.clone()).or_default().insert(Channel::Email, Choice::Off);
    }
    if preferences == before {
        return Ok(());
    }
    // As many choices as a person may make are kept; beyond them the address alone can be kept from being told.
    if preferences.check().is_err() {
        return suppress(deps, unsubscribe).await;
    }
    deps.store.preferences_put(&unsubscribe.tenant, user, &preferences, now(deps)).await
}

async fn suppress(deps: &Deps, unsubscribe: &Unsubscribe) -> Result<(), PortError> {
    for category in &unsubscribe.categories {
        let suppression = Suppression {
            channel: Channel::Email,
            address: unsubscribe.address.clone(),
            category: Some(category.clone()),
            why: "unsubscribe".to_owned(),
            detail: None,
            at: now(deps),
        };
        deps.store.suppression_put(&unsubscribe.tenant, &suppression).await?;
    }
    Ok(())
}
