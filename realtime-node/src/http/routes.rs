//! Which address is answered by whom.

use super::{Answer, Peer, empty, from_edge, json, problem, text};
use crate::data_plane::{self, REQUEST_BYTES_MAX};
use crate::health::Health;
use crate::metrics::CONTENT_TYPE;
use crate::nodes::{Elsewhere, MEMBERS_PATH, QUESTION_BYTES_MAX, Question, members};
use crate::{authenticate, rooms};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use octavo_domain_kernel::{AuthenticateError, Authenticator, Principal};
use octavo_wiring_edge as edge;
use octavo_wiring_edge::EdgeFault;
use prometheus_client::registry::Registry;
use realtime_node_server::{Origins, Server};
use std::net::IpAddr;
use std::sync::Arc;

/// What the addresses of the hubs need; without hubs only health and metrics are answered.
pub(crate) struct HubRoutes {
    pub(crate) server: Server,
    pub(crate) rooms: rooms::Door,
    pub(crate) data_plane: Arc<data_plane::Deps>,
    pub(crate) data_plane_router: edge::Router<data_plane::Deps>,
    pub(crate) elsewhere: Arc<Elsewhere>,
    pub(crate) origins: Origins,
}

impl HubRoutes {
    /// Lets the page that asks, if it is one that may, read an answer that the server did not make.
    fn permit<B>(&self, request: &Request<B>, answer: &mut Answer) {
        let Some(origin) = request.headers().get(header::ORIGIN) else { return };
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        if origin.to_str().is_ok_and(|origin| self.origins.allow(origin, host)) {
            let headers = answer.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }
}

/// Everything that answers.
pub(crate) struct Routes {
    pub(crate) health: Health,
    pub(crate) metrics: Registry,
    pub(crate) hubs: Option<HubRoutes>,
}

/// Nobody: the data plane checks its own tokens.
struct NoTokens;

#[async_trait::async_trait]
impl Authenticator for NoTokens {
    async fn authenticate(&self, _token: &str) -> Result<Principal, AuthenticateError> {
        Err(AuthenticateError::Invalid("this address takes no such token".to_owned()))
    }
}

/// Answers a request.
pub(crate) async fn answer(routes: Arc<Routes>, peer: Peer, request: Request<Incoming>) -> Answer {
    let path = request.uri().path();
    let is_get = request.method() == Method::GET || request.method() == Method::HEAD;
    match (path, &routes.hubs) {
        ("/health/live", _) if is_get => text("text/plain; charset=utf-8", "live".to_owned()),
        ("/health/ready", _) if is_get => routes.health.ready().await,
        ("/status", _) if is_get => json(StatusCode::OK, &routes.health.status()),
        ("/metrics", _) if is_get => page(&routes.metrics),
        (_, Some(hubs)) => answer_hubs(hubs, peer, request).await,
        _ => nothing_there(path),
    }
}

async fn answer_hubs(hubs: &HubRoutes, peer: Peer, request: Request<Incoming>) -> Answer {
    // Another node's word for who the client is, where it passed the request on.
    let client = hubs.elsewhere.passed_on(&request).unwrap_or(peer.0);
    let path = request.uri().path();
    if path == "/hubs/documentation" {
        return json(StatusCode::OK, &hubs.server.documentation());
    }
    if path == MEMBERS_PATH {
        return ask_members(hubs, request).await;
    }
    if path.starts_with("/api/") {
        return ask_data_plane(hubs, client, request).await;
    }
    if path.starts_with("/yjs/") {
        return hubs.rooms.answer(request).await;
    }
    match hub_of(&request) {
        Some(hub) => {
            if token_of(&request).is_some_and(|token| !authenticate::is_for(&token, &hub)) {
                let fault = EdgeFault::TokenRefused("it is for another hub".to_owned());
                return problem(fault, &request_id(&request));
            }
            if request.method() == Method::POST
                && let Some(url) = hubs.elsewhere.redirection(&request)
            {
                // Python clients take it for a redirection only with a token in it.
                let access_token = token_of(&request).unwrap_or_default();
                let mut answer = json(StatusCode::OK, &serde_json::json!({ "url": url, "accessToken": access_token }));
                hubs.permit(&request, &mut answer);
                return answer;
            }
            let mut request = request;
            request.extensions_mut().insert(Peer(client));
            hubs.server.handle(request, client).await
        }
        None => nothing_there(path),
    }
}

/// The hub that a request is for: `/hubs/{hub}/...`, or `/client/...?hub={hub}` as Azure SignalR has it.
fn hub_of<B>(request: &Request<B>) -> Option<String> {
    let path = request.uri().path();
    if let Some(rest) = path.strip_prefix("/hubs/") {
        return rest.split('/').next().filter(|hub| !hub.is_empty()).map(str::to_owned);
    }
    if path == "/client" || path.starts_with("/client/") {
        return query(request, "hub");
    }
    None
}

/// The token of a request, wherever it stands.
fn token_of<B>(request: &Request<B>) -> Option<String> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|value| value.split_once(' ')).map(|(_, token)| token.trim().to_owned());
    bearer.or_else(|| query(request, "access_token"))
}

fn query<B>(request: &Request<B>, name: &str) -> Option<String> {
    let pairs = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    pairs.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.into_owned())
}

async fn ask_data_plane(hubs: &HubRoutes, client: IpAddr, request: Request<Incoming>) -> Answer {
    let id = request_id(&request);
    match edge_request(client, request, &id).await {
        Ok(request) => from_edge(hubs.data_plane_router.handle(hubs.data_plane.clone(), &NoTokens, request).await),
        Err(fault) => problem(fault, &id),
    }
}

async fn edge_request(client: IpAddr, request: Request<Incoming>, id: &str) -> Result<edge::Request, EdgeFault> {
    let (head, body) = request.into_parts();
    let mut request = edge::Request::default();
    request.query = edge::Query::parse(head.uri.query().unwrap_or_default())?;
    request.body =
        collect(body, REQUEST_BYTES_MAX).await.ok_or(EdgeFault::BodyTooLarge { limit: REQUEST_BYTES_MAX })?;
    (request.method, request.path, request.headers) = (head.method, head.uri.path().to_owned(), head.headers);
    (request.request_id, request.source_ip) = (id.to_owned(), Some(client.to_string()));
    Ok(request)
}

async fn ask_members(hubs: &HubRoutes, request: Request<Incoming>) -> Answer {
    if hubs.elsewhere.passed_on(&request).is_none() || request.method() != Method::POST {
        return nothing_there(MEMBERS_PATH);
    }
    let question = collect(request.into_body(), QUESTION_BYTES_MAX).await;
    match question.and_then(|bytes| serde_json::from_slice::<Question>(&bytes).ok()) {
        Some(question) => json(StatusCode::OK, &members(&hubs.server, &question)),
        None => empty(StatusCode::BAD_REQUEST),
    }
}

/// A body of at most `limit` bytes; none where it is larger or breaks off.
async fn collect(body: Incoming, limit: usize) -> Option<Bytes> {
    Limited::new(body, limit).collect().await.ok().map(http_body_util::Collected::to_bytes)
}

fn page(registry: &Registry) -> Answer {
    let mut page = String::new();
    match prometheus_client::encoding::text::encode(&mut page, registry) {
        Ok(()) => text(CONTENT_TYPE, page),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

fn nothing_there(path: &str) -> Answer {
    problem(EdgeFault::NoRoute(path.to_owned()), "")
}

/// What names the request in logs and problem documents: the client's or the balancer's word, if it is one that can stand there.
fn request_id<B>(request: &Request<B>) -> String {
    let given = request.headers().get("x-request-id").and_then(|value| value.to_str().ok());
    given.filter(|id| id.len() <= 128).unwrap_or_default().to_owned()
}
