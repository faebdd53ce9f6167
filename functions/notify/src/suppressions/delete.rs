//! Lets an address be told again.

use crate::caller::only_admin;
use crate::page::named;
use crate::{Deps, NotifyFault};
use http::StatusCode;
use octavo_domain_notify::{Address, Channel};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Lets an address be told again
///
/// For administrators. All suppressions of the address go, those of single categories too.
#[utoipa::path(
    delete, path = "/v1/notification-suppressions/{channel}/{address}", tag = "notifications",
    operation_id = "notification_suppression_delete",
    params(
        ("channel" = Channel, Path, description = "By which channel", example = "email"),
        ("address" = String, Path, description = "Where", example = "gone@acme.example"),
    ),
    responses(
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 204, description = "It is told again"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "It was not suppressed"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let channel: String = request.param("channel")?;
    let channel: Channel = named("path:channel", &channel)?;
    let address: String = request.param("address")?;
    let address = Address::new(channel, &address);
    if !deps.store.suppression_delete(&principal.tenant, channel, &address).await? {
        return Err(NotifyFault::NotFound { what: "suppression" }.into());
    }
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
