//! Which path is answered by what.

use super::{assets, dead, faults, guard, health, invocations, pages, problem, token};
use crate::emulator::Parts;
use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{delete, get, post};
use std::sync::Arc;

/// Everything that no function answers.
pub(crate) fn router(parts: Arc<Parts>) -> Router {
    let private = Router::new()
        .route("/_octavo/status", get(health::status))
        .route("/_octavo/indexing", get(health::indexing))
        .route("/_octavo/invocations", get(invocations::list))
        .route("/_octavo/invocations/{id}", get(invocations::show))
        .route("/_octavo/token", post(token::issue))
        .route("/_octavo/dead/{queue}", get(dead::list))
        .route("/_octavo/dead/{queue}/{id}", get(dead::show).delete(dead::delete))
        .route("/_octavo/dead/{queue}/{id}/redrive", post(dead::redrive))
        .route("/_octavo/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/_octavo/faults/{id}", delete(faults::remove))
        .route("/_octavo/providers", get(faults::providers))
        .route("/_octavo/providers/requests", get(faults::requests))
        .route_layer(from_fn(guard::local_only));
    Router::new()
        .route("/", get(assets::index))
        .route("/console/{file}", get(assets::file))
        .route("/errors/{code}", get(pages::error))
        .route("/openapi.json", get(pages::openapi))
        .route("/metrics", get(pages::metrics))
        .route("/.well-known/jwks.json", get(pages::jwks))
        .merge(private)
        .fallback(problem::nothing_here)
        .with_state(parts)
}
