//! Which part of a hub a request is for.

use super::route::{Action, Route};
use super::{answer, cors, negotiate, refresh, text, transport};
use crate::core::Core;
use crate::{Body, Refusal};
use http::{Method, StatusCode};
use std::net::IpAddr;
use std::sync::Arc;

/// Answers a request.
pub(crate) async fn handle(core: &Arc<Core>, request: http::Request<Body>, peer: IpAddr) -> http::Response<Body> {
    let page = cors::Page::of(core, &request);
    if request.method() == Method::OPTIONS {
        return page.preflight();
    }
    let mut response = dispatch(core, request, peer, &page).await;
    page.permit(&mut response);
    response
}

async fn dispatch(
    core: &Arc<Core>,
    request: http::Request<Body>,
    peer: IpAddr,
    page: &cors::Page,
) -> http::Response<Body> {
    let Some(Route { hub, action }) = Route::of(core, request.uri()) else {
        core.ports.observer.refused(Refusal::Unknown);
        return text(StatusCode::NOT_FOUND, "there is no such hub");
    };
    match (action, request.method()) {
        (Action::Negotiate, &Method::POST) => negotiate::negotiate(core, hub, request, peer).await,
        (Action::Refresh, &Method::POST) => refresh::refresh(core, hub, request).await,
        (Action::Connection, &Method::GET | &Method::POST | &Method::DELETE) => {
            transport::transport(core, hub, request, peer, page).await
        }
        (Action::Negotiate | Action::Refresh, _) => answer::method_not_allowed("POST"),
        (Action::Connection, _) => answer::method_not_allowed("GET, POST, DELETE"),
    }
}
