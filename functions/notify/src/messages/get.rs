//! Shows a message with its attempts.

use super::view::MessageView;
use crate::caller::only_admin;
use crate::{Deps, NotifyFault};
use http::StatusCode;
use octavo_domain_notify::MessageId;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Shows a message, and what was tried
///
/// For administrators.
#[utoipa::path(
    get, path = "/v1/notification-messages/{id}", tag = "notifications", operation_id = "notification_message_get",
    params(("id" = String, Path, format = Uuid, description = "The message", example = "01934d2e-7b1c-8def-8a2b-3c4d5e6f7082")),
    responses(
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 200, body = MessageView),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is none"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let id: MessageId = request.param("id")?;
    let found = deps.store.message_get(&principal.tenant, id).await?;
    let claim = found.ok_or(NotifyFault::NotFound { what: "message" })?;
    Ok(Response::json(StatusCode::OK, &MessageView::whole(claim)))
}
