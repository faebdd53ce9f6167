//! The function's part of the API's description.

use octavo_wiring_edge::describe_refusals;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    paths(crate::negotiate::negotiate),
    tags((name = "realtime", description = "Connecting to the hubs"))
)]
struct Description;

/// OpenAPI 3.1 of the routes. The security scheme `token` is declared by whoever puts the parts together.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut description = Description::openapi();
    describe_refusals(&mut description, |_| true);
    description
}
