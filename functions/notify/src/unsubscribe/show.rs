//! Asks whether somebody wants to unsubscribe.

use super::html;
use crate::Deps;
use octavo_wiring_edge::{Problem, Request, Response};
use std::sync::Arc;

/// Asks whether somebody wants to unsubscribe
///
/// A page; it changes nothing, whoever opens it.
#[utoipa::path(
    get, path = "/v1/unsubscribe/{token}", tag = "notifications", operation_id = "unsubscribe_show",
    params(("token" = String, Path, description = "From a mail")),
    responses(
        (status = 200, content_type = "text/html", description = "The question"),
        (status = 404, content_type = "text/html", description = "The link was not made here"),
    ),
    security(())
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let token: String = request.param("token")?;
    Ok(match deps.links.read(&token) {
        Some(unsubscribe) => html::question(&unsubscribe.address.0, &unsubscribe.categories),
        None => html::refused(),
    })
}
