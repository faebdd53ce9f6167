//! The function's part of the API's description.

use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    paths(crate::http::post_search, crate::http::get_search, crate::http::get_suggest),
    tags((name = "search", description = "Finding documents that one may read"))
)]
struct Description;

/// OpenAPI 3.1 of the routes. The security scheme `token` is declared by whoever puts the parts together.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Description::openapi()
}
