//! The function's part of the API's description.

use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    paths(crate::negotiate::negotiate),
    tags((name = "realtime", description = "Connecting to the hubs"))
)]
struct Description;

/// OpenAPI 3.1 of the routes. The security scheme `token` is declared by whoever puts the parts together.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Description::openapi()
}
