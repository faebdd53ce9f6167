//! Forgets a person.

use super::view::NOT_FOUND;
use crate::Deps;
use crate::caller::only_admin;
use http::StatusCode;
use octavo_domain_kernel::UserId;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Forgets a person
///
/// For administrators. They are not reached any more; what they were told is still listed.
#[utoipa::path(
    delete, path = "/v1/people/{user}", tag = "notifications", operation_id = "person_delete",
    params(("user" = String, Path, description = "The user", example = "ada")),
    responses(
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 204, description = "They are forgotten"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "Nobody knows them"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let user: UserId = request.param("user")?;
    if !deps.people.person_delete(&principal.tenant, &user).await? {
        return Err(NOT_FOUND.into());
    }
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
