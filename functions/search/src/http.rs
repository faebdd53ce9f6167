//! The routes: HTTP into operations, and answers back.

use crate::search::Searched;
use crate::suggest::Suggestions;
use crate::{Deps, SearchFault, analytics, saved, search, search_simple, similar, suggest, synonyms};
use http::{HeaderName, HeaderValue, StatusCode, header};
use octavo_domain_kernel::FieldFault;
use octavo_domain_search::{SearchAnswer, SearchRequest, check_suggest};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response, Router};
use std::sync::Arc;

/// Says whether an answer was kept: `hit`, `miss` or `bypass`.
const CACHE_HEADER: HeaderName = HeaderName::from_static("x-octavo-cache");

/// The function's routes.
pub fn router() -> Router<Deps> {
    Router::new()
        .route("POST", "/v1/search", post_search)
        .route("GET", "/v1/search", get_search)
        .route("GET", "/v1/search/suggest", get_suggest)
        .route("GET", "/v1/search/similar/{id}", similar::handle)
        .route("GET", "/v1/search/synonyms", synonyms::get)
        .route("PUT", "/v1/search/synonyms", synonyms::put)
        .route("POST", "/v1/search/saved", saved::create)
        .route("GET", "/v1/search/saved", saved::list)
        .route("GET", "/v1/search/saved/{id}", saved::get)
        .route("DELETE", "/v1/search/saved/{id}", saved::delete)
        .route("POST", "/v1/search/saved/{id}/run", saved::run_now)
        .route("POST", "/v1/search/clicks", analytics::click)
        .route("GET", "/v1/search/analytics", analytics::report)
}

/// Search documents
///
/// Finds documents that one may read: ranked, with facets, highlights and paging. The words are looked for in title,
/// headings, text, tags and file name; if nothing is found with them as they are, typing errors are tolerated.
#[utoipa::path(
    post, path = "/v1/search", tag = "search", operation_id = "search",
    request_body = SearchRequest,
    responses(
        (status = 200, description = "A page of hits", body = SearchAnswer,
            headers(("X-Octavo-Cache" = String, description = "hit, miss or bypass"))),
        (status = 400, description = "No JSON, or a cursor that does not continue this search (SEARCH_0002)",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not accepted",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "The body is not application/json",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Parts of the search are not acceptable (SEARCH_0001, SEARCH_0007)",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The engine or the permissions are away (SEARCH_0003 to SEARCH_0005)",
            body = ProblemDocument, content_type = "application/problem+json")
    ),
    security(("token" = []))
)]
pub(crate) async fn post_search(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let body: SearchRequest = request.json()?;
    let searched = search::search(&deps, request.principal()?, &body, "cursor").await?;
    Ok(answered(&searched))
}

/// Search documents by a URL
///
/// The simple case of `POST /v1/search`. Highlights are shown unless `highlight=false`.
#[utoipa::path(
    get, path = "/v1/search", tag = "search", operation_id = "search_simple",
    params(
        ("q" = Option<String>, Query, description = "The words; at most 1,000 characters and 64 words"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 100, description = "Hits a page; 20 if not given"),
        ("tag" = Option<Vec<String>>, Query, description = "Hits must have each of these tags"),
        ("media_type" = Option<Vec<String>>, Query, description = "Hits must have one of these formats"),
        ("owner" = Option<Vec<String>>, Query, description = "Hits must be owned by one of these users"),
        ("facet" = Option<Vec<String>>, Query, description = "What to count: tags, media_type, owner, created, updated"),
        ("sort" = Option<String>, Query, description = "relevance, updated, created or title"),
        ("highlight" = Option<bool>, Query, description = "Whether to show where the words were found"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
        ("mode" = Option<String>, Query, description = "words (if not given) or hybrid"),
        ("explain" = Option<bool>, Query, description = "Whether to tell how the search was run")
    ),
    responses(
        (status = 200, description = "A page of hits", body = SearchAnswer,
            headers(("X-Octavo-Cache" = String, description = "hit, miss or bypass"))),
        (status = 400, description = "A parameter cannot be read, or the cursor does not continue this search",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not accepted",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Parts of the search are not acceptable (SEARCH_0001, SEARCH_0007)",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The engine or the permissions are away (SEARCH_0003 to SEARCH_0005)",
            body = ProblemDocument, content_type = "application/problem+json")
    ),
    security(("token" = []))
)]
pub(crate) async fn get_search(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let body = search_simple::request(&request.query)?;
    let searched = search::search(&deps, request.principal()?, &body, "query:cursor").await;
    let searched = searched.map_err(|fault| match fault {
        SearchFault::Invalid(fields) => SearchFault::Invalid(fields.into_iter().map(search_simple::renamed).collect()),
        SearchFault::HybridOff { .. } => SearchFault::HybridOff { field: "query:mode" },
        fault => fault,
    })?;
    Ok(answered(&searched))
}

/// Complete what is being typed
///
/// Titles of documents that one may read, whose words begin with what was typed; typing errors are tolerated if there
/// are none.
#[utoipa::path(
    get, path = "/v1/search/suggest", tag = "search", operation_id = "search_suggest",
    params(
        ("q" = String, Query, description = "What was typed so far; 1 to 100 characters"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 20, description = "At most so many; 5 if not given")
    ),
    responses(
        (status = 200, description = "Titles, the likeliest first", body = Suggestions),
        (status = 400, description = "A parameter cannot be read",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not accepted",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not acceptable (SEARCH_0001)",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The engine or the permissions are away (SEARCH_0003 to SEARCH_0005)",
            body = ProblemDocument, content_type = "application/problem+json")
    ),
    security(("token" = []))
)]
pub(crate) async fn get_suggest(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    request.query.only(&["q", "limit"])?;
    let query = check_suggest(request.query.one("q")?, request.query.parsed("limit")?).map_err(|fields| {
        let named = |fault: FieldFault| FieldFault::new(format!("query:{}", fault.field), fault.message);
        SearchFault::Invalid(fields.into_iter().map(named).collect())
    })?;
    let suggestions = suggest::suggest(&deps, request.principal()?, &query).await?;
    Ok(private(Response::json(StatusCode::OK, &suggestions)))
}

fn answered(searched: &Searched) -> Response {
    private(Response::json(StatusCode::OK, &searched.answer))
        .with(CACHE_HEADER, HeaderValue::from_static(searched.cache.as_str()))
}

/// What was found is for this person, now: nothing between us keeps it.
pub(crate) fn private(response: Response) -> Response {
    response.with(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"))
}
