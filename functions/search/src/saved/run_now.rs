//! Runs a saved search now.

use super::run::run_by_owner;
use super::view::own;
use crate::Deps;
use chrono::{DateTime, Utc};
use http::StatusCode;
use octavo_domain_kernel::DocumentId;
use octavo_domain_search::Degraded;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use serde::Serialize;
use std::sync::Arc;

/// What a run told of.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RunView {
    /// Documents that you had not been told of, those changed last first; at most 1,000.
    new: Vec<NewDocument>,
    /// When it is run next.
    next_run_at: DateTime<Utc>,
    /// Why a hybrid search was run by its words alone, if it was: what only its meaning would have found is not told of by this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    degraded: Option<Degraded>,
}

/// A document that somebody was not told of before.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct NewDocument {
    /// Which.
    id: DocumentId,
    /// What it is called.
    title: String,
    /// When it was changed last.
    updated_at: DateTime<Utc>,
}

/// Run a saved search of yours now
///
/// As it would be run at its time: what is new is told to you, by notifications too, and is not new afterwards. The groups that
/// you are in now are those that it is run with from then on.
#[utoipa::path(
    post, path = "/v1/search/saved/{id}/run", tag = "search", operation_id = "search_saved_run",
    params(("id" = String, Path, format = Uuid, description = "Which", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081")),
    responses(
        (status = 200, body = RunView),
        (status = 400, description = "No id",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not accepted",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "None of yours (SEARCH_0010)",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "It is being run already (SEARCH_0016)",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The engine or the permissions are away (SEARCH_0003 to SEARCH_0005)",
            body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let saved = own(&deps, &request).await?;
    let ran = run_by_owner(&deps, request.principal()?, saved).await?;
    let new = ran.hits.into_iter();
    let new = new.map(|hit| NewDocument { id: hit.id, title: hit.title, updated_at: hit.updated_at }).collect();
    Ok(Response::json(StatusCode::OK, &RunView { new, next_run_at: ran.next_run_at, degraded: ran.degraded }))
}
