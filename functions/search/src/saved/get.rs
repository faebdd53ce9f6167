//! Shows a saved search.

use super::view::{SavedView, own};
use crate::Deps;
use http::StatusCode;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Show a saved search of yours
#[utoipa::path(
    get, path = "/v1/search/saved/{id}", tag = "search", operation_id = "search_saved_get",
    params(("id" = String, Path, format = Uuid, description = "Which", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081")),
    responses(
        (status = 200, body = SavedView),
        (status = 400, description = "No id",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not accepted",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "None of yours (SEARCH_0010)",
            body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let saved = own(&deps, &request).await?;
    Ok(Response::json(StatusCode::OK, &SavedView::of(saved)))
}
