//! Which path is answered by what.

use super::{
    assets, dead, faults, functions, guard, health, invocations, overview, pages, preview, problem, push, queues,
    realtime, sent, settings, switches, token, traces,
};
use crate::emulator::Parts;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{any, delete, get, post, put};
use axum::{Extension, Router};
use std::sync::Arc;

/// Everything that no function answers.
pub(crate) fn router(parts: Arc<Parts>) -> Router {
    let private = Router::new()
        .route("/_octavo/status", get(health::status))
        .route("/_octavo/indexing", get(health::indexing))
        .route("/_octavo/invocations", get(invocations::list))
        .route("/_octavo/invocations/{id}", get(invocations::show))
        .route("/_octavo/invocations/{id}/replay", post(invocations::replay))
        .route("/_octavo/traces", get(traces::list))
        .route("/_octavo/traces/{id}", get(traces::show))
        .route("/_octavo/overview", get(overview::overview))
        .route("/_octavo/functions", get(functions::list))
        .route("/_octavo/functions/{name}", get(functions::show))
        .route("/_octavo/functions/{name}/freeze", post(functions::freeze))
        .route("/_octavo/functions/{name}/thaw", post(functions::thaw))
        .route("/_octavo/functions/{name}/kill", post(functions::kill))
        .route("/_octavo/functions/{name}/invoke", post(invocations::invoke))
        .route("/_octavo/queues", get(queues::list))
        .route("/_octavo/queues/{queue}/messages", post(queues::send))
        .route("/_octavo/switches", get(switches::list))
        .route("/_octavo/switches/{group}/{name}", put(switches::switch))
        .route("/_octavo/settings", get(settings::show))
        .route("/_octavo/token", post(token::issue))
        .route("/_octavo/dead/{queue}", get(dead::list).delete(dead::delete_all))
        .route("/_octavo/dead/{queue}/redrive", post(dead::redrive_all))
        .route("/_octavo/dead/{queue}/{id}", get(dead::show).delete(dead::delete))
        .route("/_octavo/dead/{queue}/{id}/redrive", post(dead::redrive))
        .route("/_octavo/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/_octavo/faults/{id}", delete(faults::remove))
        .route("/_octavo/providers", get(faults::providers))
        .route("/_octavo/providers/requests", get(faults::requests))
        .route("/_octavo/sent/{*path}", any(sent::control))
        .route("/_octavo/preview", post(preview::keep).layer(DefaultBodyLimit::max(preview::PDF_BYTES_MAX + 1)))
        .route("/_octavo/notify", post(push::notify))
        .route("/_octavo/push", post(push::send))
        .route("/_octavo/access-key", post(push::access_key))
        .route("/_octavo/realtime", get(realtime::show))
        .route("/_octavo/realtime/health", get(realtime::health))
        .route("/_octavo/realtime/metrics", get(realtime::metrics))
        .route("/_octavo/realtime/hubs", get(realtime::hubs))
        .route_layer(from_fn(guard::local_only));
    let framed = Router::new()
        .route("/console/mail/{number}", get(sent::mail))
        .route("/console/preview/{number}", get(preview::show))
        .route_layer(from_fn(guard::local_name));
    Router::new()
        .route("/", get(assets::index))
        .route("/console/{file}", get(assets::file))
        .route("/vendor/{file}", get(assets::vendored))
        .route("/errors/{code}", get(pages::error))
        .route("/openapi.json", get(pages::openapi))
        .route("/metrics", get(pages::metrics))
        .route("/.well-known/jwks.json", get(pages::jwks))
        .merge(private)
        .merge(framed)
        .layer(Extension(Arc::new(preview::Previews::default())))
        .fallback(problem::nothing_here)
        .with_state(parts)
}
