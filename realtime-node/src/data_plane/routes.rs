//! Which operation answers which path.

use super::{Deps, connections, groups, inbox, send, tokens};
use http::StatusCode;
use octavo_wiring_edge::{Problem, Request, Response, Router};
use std::sync::Arc;

/// Bytes of a request to the data plane: Azure's.
pub(crate) const REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// The operations. Every one checks the token itself: it is for the exact URL, not for the service.
pub(crate) fn router() -> Router<Deps> {
    Router::new()
        .open_route("GET", "/api/health", health)
        .open_route("POST", "/api/hubs/{hub}/:send", send::everyone)
        .open_route("POST", "/api/hubs/{hub}/:closeConnections", send::close_everyone)
        .open_route("POST", "/api/hubs/{hub}/:generateToken", tokens::generate)
        .open_route("HEAD", "/api/hubs/{hub}/connections/{connection}", connections::exists)
        .open_route("DELETE", "/api/hubs/{hub}/connections/{connection}", connections::close)
        .open_route("POST", "/api/hubs/{hub}/connections/{connection}/:send", send::connection)
        .open_route("POST", "/api/hubs/{hub}/connections/{connection}/:invoke", connections::invoke)
        .open_route("DELETE", "/api/hubs/{hub}/connections/{connection}/groups", connections::leave_all)
        .open_route("HEAD", "/api/hubs/{hub}/groups/{group}", groups::group_exists)
        .open_route("POST", "/api/hubs/{hub}/groups/{group}/:send", send::group)
        .open_route("POST", "/api/hubs/{hub}/groups/{group}/:closeConnections", send::close_group)
        .open_route("GET", "/api/hubs/{hub}/groups/{group}/connections", groups::members)
        .open_route("PUT", "/api/hubs/{hub}/groups/{group}/connections/{connection}", connections::join)
        .open_route("DELETE", "/api/hubs/{hub}/groups/{group}/connections/{connection}", connections::leave)
        .open_route("HEAD", "/api/hubs/{hub}/users/{user}", groups::user_exists)
        .open_route("POST", "/api/hubs/{hub}/users/{user}/:send", send::user)
        .open_route("POST", "/api/hubs/{hub}/users/{user}/:closeConnections", send::close_user)
        .open_route("DELETE", "/api/hubs/{hub}/users/{user}/groups", groups::user_leave_all)
        .open_route("HEAD", "/api/hubs/{hub}/users/{user}/groups/{group}", groups::user_in_group)
        .open_route("PUT", "/api/hubs/{hub}/users/{user}/groups/{group}", groups::user_join)
        .open_route("DELETE", "/api/hubs/{hub}/users/{user}/groups/{group}", groups::user_leave)
        .open_route("POST", "/api/users/{user}/notifications", inbox::notify)
}

/// `HEAD /api/health`: the node answers.
async fn health(_: Arc<Deps>, _: Request) -> Result<Response, Problem> {
    Ok(Response::empty(StatusCode::OK))
}
