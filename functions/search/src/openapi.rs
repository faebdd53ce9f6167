//! The function's part of the API's description.

use crate::{analytics, saved, synonyms};
use octavo_wiring_edge::describe_refusals;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    paths(
        crate::http::post_search, crate::http::get_search, crate::http::get_suggest, crate::similar::handle,
        synonyms::get, synonyms::put,
        saved::create, saved::list, saved::get, saved::delete, saved::run_now,
        analytics::click, analytics::report,
    ),
    tags((name = "search", description = "Finding documents that one may read"))
)]
struct Description;

/// OpenAPI 3.1 of the routes. The security scheme `token` is declared by whoever puts the parts together.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut description = Description::openapi();
    describe_refusals(&mut description, |_| true);
    description
}
