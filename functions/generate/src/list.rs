//! Lists somebody's generations.

use crate::Deps;
use crate::view::SummaryView;
use http::StatusCode;
use octavo_domain_generate::{GenerationId, PAGE_GENERATIONS_MAX};
use octavo_wiring_edge::{EdgeFault, Problem, Query, Request, Response, decode_cursor, encode_cursor};
use serde::Serialize;
use std::sync::Arc;

/// Generations on a page, unless the client says how many.
const PAGE_GENERATIONS: u16 = 20;

/// A page of generations.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct GenerationPage {
    /// Newest first.
    generations: Vec<SummaryView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Lists your own generations, newest first. At most 1,000 are kept.
#[utoipa::path(
    get, path = "/v1/generations", tag = "generations", operation_id = "generation_list",
    params(
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 100, description = "1 to 100; 20 if not given"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    ),
    responses((status = 200, body = GenerationPage))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    request.query.only(&["limit", "cursor"])?;
    let limit = limit(&request.query)?;
    let before: Option<GenerationId> =
        request.query.one("cursor")?.map(|cursor| decode_cursor("query:cursor", cursor)).transpose()?;
    // One more than is shown tells whether there are more.
    let found = deps.generations.generation_list(&principal.tenant, &principal.user, before, limit + 1).await?;
    let shown = &found[..found.len().min(usize::from(limit))];
    let next_cursor = shown.last().filter(|_| found.len() > shown.len()).map(|last| encode_cursor(&last.id));
    let page = GenerationPage { generations: shown.iter().map(SummaryView::of).collect(), next_cursor };
    Ok(Response::json(StatusCode::OK, &page))
}

fn limit(parameters: &Query) -> Result<u16, EdgeFault> {
    let range = || EdgeFault::malformed("query:limit", format!("expected 1 to {PAGE_GENERATIONS_MAX}"));
    match parameters.one("limit")? {
        None => Ok(PAGE_GENERATIONS),
        Some(text) => text.parse().ok().filter(|limit| (1..=PAGE_GENERATIONS_MAX).contains(limit)).ok_or_else(range),
    }
}
