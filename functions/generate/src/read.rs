//! Shows a generation.

use crate::view::GenerationView;
use crate::{Deps, GenerateFault};
use http::StatusCode;
use octavo_domain_generate::{Generation, GenerationId};
use octavo_domain_kernel::Principal;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Shows how a generation goes: its phase, its outline with what is written, what is read, what was used.
#[utoipa::path(
    get, path = "/v1/generations/{id}", tag = "generations", operation_id = "generation_read",
    params(("id" = String, Path, format = Uuid, description = "The generation", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7082")),
    responses(
        (status = 200, body = GenerationView),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None of yours"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let generation = own(&deps, request.principal()?, request.param("id")?).await?;
    Ok(Response::json(StatusCode::OK, &GenerationView::of(&generation)))
}

/// The generation, for who asked for it and nobody else.
pub(crate) async fn own(deps: &Deps, principal: &Principal, id: GenerationId) -> Result<Generation, Problem> {
    let found = deps.generations.generation_get(&principal.tenant, id).await?;
    let own = found.filter(|generation| generation.requester.user == principal.user);
    Ok(own.ok_or(GenerateFault::NotFound)?)
}
