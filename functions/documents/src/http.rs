//! The routes.

use crate::{Deps, content, create, delete, list, patch, read, replace, restore, share, versions};
use octavo_wiring_edge::Router;

/// Every operation under its method and path. All need a token; `HEAD` goes wherever `GET` goes.
pub fn router() -> Router<Deps> {
    Router::new()
        .route("POST", "/v1/documents", create::handle)
        .route("GET", "/v1/documents", list::handle)
        .route("GET", "/v1/documents/{id}", read::handle)
        .route("PUT", "/v1/documents/{id}", replace::whole)
        .route("PATCH", "/v1/documents/{id}", patch::handle)
        .route("DELETE", "/v1/documents/{id}", delete::handle)
        .route("POST", "/v1/documents/{id}/restore", restore::handle)
        .route("GET", "/v1/documents/{id}/content", content::newest)
        .route("PUT", "/v1/documents/{id}/content", replace::content)
        .route("GET", "/v1/documents/{id}/versions", versions::list)
        .route("GET", "/v1/documents/{id}/versions/{number}", versions::read)
        .route("GET", "/v1/documents/{id}/versions/{number}/content", content::of_version)
        .route("GET", "/v1/documents/{id}/shares", share::list)
        .route("PUT", "/v1/documents/{id}/shares/{reader}", share::grant)
        .route("DELETE", "/v1/documents/{id}/shares/{reader}", share::revoke)
}
