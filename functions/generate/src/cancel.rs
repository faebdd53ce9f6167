//! Stops a generation.

use crate::commit::{ATTEMPTS_MAX, commit, now};
use crate::read::own;
use crate::view::GenerationView;
use crate::{Deps, GenerateFault};
use http::StatusCode;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Stops a generation before its next section. What a model is writing at this moment is paid for and thrown away.
///
/// Cancelling it again changes nothing.
#[utoipa::path(
    post, path = "/v1/generations/{id}/cancel", tag = "generations", operation_id = "generation_cancel",
    params(("id" = String, Path, format = Uuid, description = "The generation", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7082")),
    responses(
        (status = 200, body = GenerationView),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None of yours"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "It has ended, or everything is written"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let id = request.param("id")?;
    for _ in 0..ATTEMPTS_MAX {
        let generation = own(&deps, principal, id).await?;
        let Some(transition) = generation.cancel(now(&deps)).map_err(GenerateFault::Ended)? else {
            return Ok(Response::json(StatusCode::OK, &GenerationView::of(&generation)));
        };
        if let Some(cancelled) = commit(&deps, transition).await? {
            return Ok(Response::json(StatusCode::OK, &GenerationView::of(&cancelled)));
        }
    }
    Err(GenerateFault::Contended.into())
}
