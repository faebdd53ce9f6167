//! Documents like another one: `GET /v1/search/similar/{id}`.

use crate::http::private;
use crate::{Deps, SearchFault, search_simple};
use http::StatusCode;
use octavo_domain_kernel::{DocumentId, Principal};
use octavo_domain_search::{Scope, SimilarDocuments, check_similar};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Find documents like another one
///
/// Documents that one may read and that say much of what this one says, the most alike first. Scores are comparable within
/// one answer only. A document that was written a moment ago is found when the index has it.
#[utoipa::path(
    get, path = "/v1/search/similar/{id}", tag = "search", operation_id = "search_similar",
    params(
        ("id" = String, Path, format = Uuid, description = "The document", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 20, description = "At most so many; 5 if not given")
    ),
    responses(
        (status = 200, description = "Documents, perhaps none", body = SimilarDocuments),
        (status = 400, description = "No id, or a parameter that cannot be read",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not accepted",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "No such document, or none that one may read, or not yet in the index (SEARCH_0006)",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not acceptable (SEARCH_0001)",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The engine or the permissions are away (SEARCH_0003 to SEARCH_0005)",
            body = ProblemDocument, content_type = "application/problem+json")
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    request.query.only(&["limit"])?;
    let id: DocumentId = request.param("id")?;
    let limit = check_similar(request.query.parsed("limit")?)
        .map_err(|faults| SearchFault::Invalid(faults.into_iter().map(search_simple::in_query).collect()))?;
    let similar = similar(&deps, request.principal()?, id, limit).await?;
    Ok(private(Response::json(StatusCode::OK, &similar)))
}

/// What is like `id` for `principal`. Not cached: it is asked from a document's page, and few are opened twice.
async fn similar(
    deps: &Deps,
    principal: &Principal,
    id: DocumentId,
    limit: u16,
) -> Result<SimilarDocuments, SearchFault> {
    let state =
        deps.state.search_state(&principal.tenant, &principal.readers()).await.map_err(SearchFault::StateAway)?;
    let scope = Scope::new(principal, &state).map_err(SearchFault::IndexBehind)?;
    let hits = deps.index.similar(&scope, id, limit).await.map_err(SearchFault::index)?;
    Ok(SimilarDocuments { hits: hits.ok_or(SearchFault::NotIndexed)? })
}
