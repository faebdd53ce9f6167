//! Sends a message again, by a person's word.

use super::view::MessageView;
use crate::caller::only_admin;
use crate::page::now;
use crate::{Deps, NotifyFault};
use http::StatusCode;
use octavo_domain_notify::{MessageId, wake_message};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Sends a message again
///
/// For administrators, and for what ended without being delivered. Of an unknown one a person has found out, or does not mind,
/// that it may come twice. What is not wanted any more is dropped once more.
#[utoipa::path(
    post, path = "/v1/notification-messages/{id}/retry", tag = "notifications", operation_id = "notification_message_retry",
    params(("id" = String, Path, format = Uuid, description = "The message", example = "01934d2e-7b1c-8def-8a2b-3c4d5e6f7082")),
    responses(
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 202, body = MessageView),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is none"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "It waits, is under way, or arrived"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let tenant = &principal.tenant;
    let id: MessageId = request.param("id")?;
    let at = now(&deps);
    let retried = deps.store.message_retry(tenant, id, at).await?;
    let found = deps.store.message_get(tenant, id).await?;
    let claim = found.ok_or(NotifyFault::NotFound { what: "message" })?;
    if !retried {
        return Err(NotifyFault::NotOver.into());
    }
    let wake = wake_message(deps.ids.next(), tenant, vec![id], at);
    // It is due, and is found without this too.
    if let Err(error) = deps.queue.send(&wake.queue, &[wake.message]).await {
        tracing::warn!(%error, message = %id, "nobody was woken; what is due is found a little later");
    }
    Ok(Response::json(StatusCode::ACCEPTED, &MessageView::whole(claim)))
}
