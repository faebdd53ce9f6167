//! What providers say later of what they took.

use crate::page::now;
use crate::{Deps, NotifyFault};
use http::StatusCode;
use octavo_domain_kernel::TenantId;
use octavo_domain_notify::{Callback, CallbackNews, CallbackRefused};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Takes what a provider says of a message
///
/// For providers, which prove themselves each in their own way. A piece of news may come twice and in any order.
#[utoipa::path(
    post, path = "/v1/notification-callbacks/{provider}", tag = "notifications", operation_id = "notification_callback",
    params(("provider" = String, Path, description = "The provider's name in the settings", example = "sendgrid")),
    responses(
        (status = 204, description = "It was taken"),
        (status = 401, body = ProblemDocument, content_type = "application/problem+json", description = "It does not prove whose it is"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such provider calls here"),
    ),
    security(())
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    take(&deps, &request).await
}

/// Takes what a provider says of the message that the address names
///
/// For providers that are told an address for each message. Otherwise as without.
#[utoipa::path(
    post, path = "/v1/notification-callbacks/{provider}/{reference}", tag = "notifications",
    operation_id = "notification_callback_of_message",
    params(
        ("provider" = String, Path, description = "The provider's name in the settings", example = "twilio"),
        ("reference" = String, Path, description = "The tenant and the message, with a dot between them"),
    ),
    responses(
        (status = 204, description = "It was taken"),
        (status = 401, body = ProblemDocument, content_type = "application/problem+json", description = "It does not prove whose it is"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such provider calls here"),
    ),
    security(())
)]
pub(crate) async fn handle_of_message(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    take(&deps, &request).await
}

async fn take(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let provider: String = request.param("provider")?;
    let reference: String = request.param("reference")?;
    let query = request.query.to_string();
    let separator = if query.is_empty() { "" } else { "?" };
    let url = format!("{}{}{separator}{query}", deps.links.public_url(), request.path);
    let headers = request.headers.iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let headers: Vec<(String, String)> = headers.collect();
    let callback = Callback {
        provider: &provider,
        reference: Some(reference.as_str()).filter(|reference| !reference.is_empty()),
        url: &url,
        headers: &headers,
        body: &request.body,
        now: now(deps),
    };
    let news = deps.callbacks.verify(&callback).await.map_err(|refused| fault(&provider, refused))?;
    let mut by_tenant: BTreeMap<TenantId, Vec<CallbackNews>> = BTreeMap::new();
    for (tenant, news) in news {
        by_tenant.entry(tenant).or_default().push(news);
    }
    for (tenant, news) in by_tenant {
        let taken = deps.store.callbacks_take(&tenant, &news).await?;
        tracing::debug!(%tenant, provider, said = news.len(), taken, "a provider said what became of messages");
    }
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

fn fault(provider: &str, refused: CallbackRefused) -> NotifyFault {
    match refused {
        CallbackRefused::NoProvider => NotifyFault::NotFound { what: "provider" },
        CallbackRefused::Unproved(why) => {
            tracing::warn!(provider, why, "a callback was not believed");
            NotifyFault::CallbackUnproved
        }
        CallbackRefused::Unreadable(why) => {
            tracing::warn!(provider, why, "a callback could not be read");
            NotifyFault::CallbackUnreadable
        }
        CallbackRefused::Unavailable(error) => NotifyFault::CallbackUnchecked(error),
    }
}
