//! Lists saved searches.

use super::view::SavedView;
use crate::Deps;
use http::StatusCode;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use serde::Serialize;
use std::sync::Arc;

/// Somebody's saved searches: at most 50.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SavedList {
    /// By name.
    saved: Vec<SavedView>,
}

/// List your saved searches
#[utoipa::path(
    get, path = "/v1/search/saved", tag = "search", operation_id = "search_saved_list",
    responses(
        (status = 200, body = SavedList),
        (status = 401, description = "No token, or one that is not accepted",
            body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let saved = deps.desk.saved.saved_list(&principal.tenant, &principal.user).await?;
    Ok(Response::json(StatusCode::OK, &SavedList { saved: saved.into_iter().map(SavedView::of).collect() }))
}
