//! Shows the tenant's synonyms.

use super::view::{SynonymsView, shown};
use crate::Deps;
use crate::caller::only_admin;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Show the synonyms
///
/// For administrators.
#[utoipa::path(
    get, path = "/v1/search/synonyms", tag = "search", operation_id = "search_synonyms_get",
    responses(
        (status = 200, body = SynonymsView, headers(("ETag" = String))),
        (status = 401, description = "No token, or one that is not accepted",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "Only administrators may (SEARCH_0011)",
            body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    Ok(shown(deps.desk.synonyms.synonyms_get(&principal.tenant).await?))
}
