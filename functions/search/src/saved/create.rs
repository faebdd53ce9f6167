//! Saves a search.

use super::view::SavedView;
use crate::{Deps, SearchFault};
use chrono::{DateTime, SubsecRound, Utc};
use http::{HeaderName, StatusCode, header};
use octavo_domain_kernel::{PortErrorKind, Principal};
use octavo_domain_search::{Cadence, SavedSearch, SavedSearchId, SearchRequest, check_saved};
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Request, Response};
use serde::Deserialize;
use std::sync::Arc;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Characters of an `Idempotency-Key`.
const KEY_CHARS_MAX: usize = 255;

/// A search to be saved.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedInput {
    /// What it is called: one line of 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, example = "New leases")]
    name: String,
    /// What to look for: a text, a filter, or both. What belongs to a page of an answer (cursor, size, facets, highlights) is
    /// left away.
    search: SearchRequest,
    /// How often you are told, if there is something new.
    notify: Cadence,
}

impl SavedInput {
    fn saved(self, principal: &Principal, id: SavedSearchId, at: DateTime<Utc>) -> Result<SavedSearch, SearchFault> {
        let (name, search) = check_saved(&self.name, &self.search).map_err(SearchFault::Invalid)?;
        Ok(SavedSearch {
            id,
            owner: principal.user.clone(),
            groups: principal.groups.clone(),
            name,
            search,
            notify: self.notify,
            created_at: at,
            runs: 0,
            last_run_at: None,
            next_run_at: at + self.notify.period(),
            told: 0,
        })
    }
}

/// Save a search, to be told of what is new
///
/// From then on you are told (category `search.found`) of documents that it finds and that were made, changed or shared after you
/// saved it, each once. It finds what you may read when it is run, in the groups that you were in when you saved it or ran it
/// last. At most 50 a person.
///
/// With an `Idempotency-Key` the request can be sent again and saves one.
#[utoipa::path(
    post, path = "/v1/search/saved", tag = "search", operation_id = "search_saved_create",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this request; 1 to 255 characters")),
    request_body = SavedInput,
    responses(
        (status = 201, body = SavedView, headers(("Location" = String))),
        (status = 400, description = "No JSON, or no key",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not accepted",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "There are 50 already (SEARCH_0015)",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "The body is not application/json",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "A part is not acceptable (SEARCH_0001)",
            body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let input: SavedInput = request.json()?;
    // The same request is the same row, however often it comes.
    let id = match key(&request)? {
        Some(key) => SavedSearchId::of_key(&principal.tenant, &principal.user, key),
        None => SavedSearchId(deps.desk.ids.next()),
    };
    let new = input.saved(principal, id, deps.clock.now().trunc_subsecs(6))?;
    match deps.desk.saved.saved_put(&principal.tenant, &new).await {
        Ok(()) => {}
        Err(error) if error.kind == PortErrorKind::Conflict => return Err(SearchFault::TooManySaved.into()),
        Err(error) => return Err(error.into()),
    }
    // As it was saved the first time.
    let saved = deps.desk.saved.saved_get(&principal.tenant, id).await?.unwrap_or(new);
    let response = Response::json(StatusCode::CREATED, &SavedView::of(saved));
    Ok(response.with_text(header::LOCATION, &format!("/v1/search/saved/{id}")))
}

fn key(request: &Request) -> Result<Option<&str>, EdgeFault> {
    let Some(key) = request.header(&KEY)? else { return Ok(None) };
    if key.is_empty() || key.len() > KEY_CHARS_MAX {
        let message = format!("expected 1 to {KEY_CHARS_MAX} characters");
        return Err(EdgeFault::malformed("header:Idempotency-Key", message));
    }
    Ok(Some(key))
}
