//! Begins a failed generation again where it failed.

use crate::commit::{ATTEMPTS_MAX, commit, now};
use crate::read::own;
use crate::view::GenerationView;
use crate::{Deps, GenerateFault};
use http::{StatusCode, header};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Goes on with a failed generation after its last finished section. What is written stays and is not paid again.
#[utoipa::path(
    post, path = "/v1/generations/{id}/retry", tag = "generations", operation_id = "generation_retry",
    params(("id" = String, Path, format = Uuid, description = "The generation", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7082")),
    responses(
        (status = 202, body = GenerationView, headers(("Location" = String))),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None of yours"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "It has not failed"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let id = request.param("id")?;
    for _ in 0..ATTEMPTS_MAX {
        let generation = own(&deps, principal, id).await?;
        let transition = generation.retry(now(&deps)).map_err(GenerateFault::NotFailed)?;
        if let Some(begun) = commit(&deps, transition).await? {
            let location = format!("/v1/generations/{id}");
            let response = Response::json(StatusCode::ACCEPTED, &GenerationView::of(&begun));
            return Ok(response.with_text(header::LOCATION, &location));
        }
    }
    Err(GenerateFault::Contended.into())
}
