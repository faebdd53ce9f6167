//! A hit was opened.

use crate::{Deps, SearchFault};
use chrono::DateTime;
use http::StatusCode;
use octavo_domain_kernel::DocumentId;
use octavo_domain_search::{CLICK_POSITION_MAX, Click, SearchTicket};
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Request, Response};
use serde::Deserialize;
use std::sync::Arc;

/// A hit that was opened.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClickInput {
    /// `search_id` of the first page of the search.
    search_id: String,
    /// Which document.
    document: DocumentId,
    /// Its place among all hits, from 1; what stands beyond the 10,000th is told as that.
    #[schema(minimum = 1, maximum = 10_000, example = 3)]
    position: u32,
}

/// Tell that a hit was opened
///
/// So that the tenant learns which searches lead to something. It is kept without who it was, once for a search and document.
#[utoipa::path(
    post, path = "/v1/search/clicks", tag = "search", operation_id = "search_click",
    request_body = ClickInput,
    responses(
        (status = 204, description = "Taken; beyond 20 of a search and 10,000 of a tenant and day it is dropped"),
        (status = 400, description = "No JSON",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not accepted",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "The body is not application/json",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "A part is not acceptable; the search id is not of a search of yours of the last 24 hours \
            (SEARCH_0014)",
            body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let input: ClickInput = request.json()?;
    if !(1..=CLICK_POSITION_MAX).contains(&input.position) {
        return Err(EdgeFault::invalid("position", format!("expected 1 to {CLICK_POSITION_MAX}")).into());
    }
    let (tenant, user) = (&principal.tenant, &principal.user);
    let ticket = SearchTicket::open(&deps.cursor_key, tenant, user, &input.search_id, deps.clock.now())
        .map_err(SearchFault::SearchId)?;
    let click = Click {
        search: ticket.id,
        searched_at: DateTime::from_timestamp(ticket.at, 0).unwrap_or_default(),
        text: ticket.text,
        document: input.document,
        position: input.position,
    };
    deps.desk.analytics.analytics_click(tenant, &click).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
