//! Shows a person.

use super::view::{NOT_FOUND, PersonView, whom};
use crate::Deps;
use http::StatusCode;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Shows a person
///
/// `me` is yourself, also where nothing is known of you. Others are for administrators.
#[utoipa::path(
    get, path = "/v1/people/{user}", tag = "notifications", operation_id = "person_get",
    params(("user" = String, Path, description = "The user, or `me`", example = "me")),
    responses(
        (status = 200, body = PersonView),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "Nobody knows them"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let user = whom(&request)?;
    let principal = request.principal()?;
    let view = match deps.people.person_get(&principal.tenant, &user).await? {
        Some(person) => PersonView::of(person),
        None if user == principal.user => PersonView::unknown(principal),
        None => return Err(NOT_FOUND.into()),
    };
    Ok(Response::json(StatusCode::OK, &view))
}
