//! The routes.

use crate::{Deps, cancel, create, list, read, retry, templates};
use octavo_wiring_edge::Router;

/// Every operation under its method and path. All need a token; `HEAD` goes wherever `GET` goes.
pub fn router() -> Router<Deps> {
    Router::new()
        .route("POST", "/v1/generations", create::handle)
        .route("GET", "/v1/generations", list::handle)
        .route("GET", "/v1/generations/templates", templates::handle)
        .route("GET", "/v1/generations/{id}", read::handle)
        .route("POST", "/v1/generations/{id}/cancel", cancel::handle)
        .route("POST", "/v1/generations/{id}/retry", retry::handle)
}
