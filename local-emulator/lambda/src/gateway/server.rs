//! Requests in, answers out.

use super::cors;
use super::event::{Context, event};
use super::problem::Problem;
use super::response::buffered;
use super::stream::streamed;
use crate::clock::{new_id, now};
use crate::limits::PAYLOAD_BYTES_MAX;
use crate::records::Requested;
use crate::runtime_api::{Unread, read};
use crate::service::StartError;
use crate::trace::{Place, new_span_id};
use crate::{Body, Cors, FunctionError, InvokeError, InvokeRequest, Lambda, Output, serve};
use futures::future::BoxFuture;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response};
use matchit::Params;
use parking_lot::RwLock;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Answers what no function's route matches.
pub type Fallback = Arc<dyn Fn(Request<Incoming>) -> BoxFuture<'static, Response<Body>> + Send + Sync>;

/// A client that does not finish its headers in this time is disconnected.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Bytes of a trace header that a client may send; a longer one is not taken.
const TRACE_ID_BYTES_MAX: usize = 256;

/// Which function answers a path, by method; `None` stands for the others.
type Methods = Vec<(Option<Method>, String)>;

#[derive(Default)]
struct Routes {
    paths: matchit::Router<usize>,
    methods: Vec<(String, Methods)>,
}

struct Inner {
    lambda: Lambda,
    cors: Cors,
    fallback: Fallback,
    routes: RwLock<Arc<Routes>>,
}

/// The running gateway.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
    address: SocketAddr,
}

impl Gateway {
    pub(crate) async fn start(
        lambda: Lambda,
        listen: SocketAddr,
        cors: Cors,
        fallback: Fallback,
        stop: CancellationToken,
    ) -> Result<Self, StartError> {
        let listener = TcpListener::bind(listen).await.map_err(|error| StartError::listen(listen, error))?;
        let address = listener.local_addr().map_err(|error| StartError::listen(listen, error))?;
        let inner = Arc::new(Inner { lambda, cors, fallback, routes: RwLock::default() });
        let gateway = Self { inner: inner.clone(), address };
        gateway.reload_routes();
        tokio::spawn(serve::serve(listener, stop, Some(HEADERS_WITHIN), move |request, peer| {
            let inner = inner.clone();
            async move { answer(&inner, request, peer.address).await }
        }));
        Ok(gateway)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes the routes of the functions as they are now; to be called after functions were added. A route that
    /// contradicts another is left out and logged.
    pub fn reload_routes(&self) {
        let mut routes = Routes::default();
        for function in self.inner.lambda.0.functions.read().values() {
            for route in &function.config.routes {
                let position = match routes.methods.iter().position(|(path, _)| *path == route.path) {
                    Some(position) => position,
                    None => {
                        let position = routes.methods.len();
                        if let Err(error) = routes.paths.insert(&route.path, position) {
                            tracing::error!(path = route.path, function = function.config.name, %error, "a route is left out");
                            continue;
                        }
                        routes.methods.push((route.path.clone(), Methods::new()));
                        position
                    }
                };
                let named = |method: &String| Method::from_bytes(method.to_ascii_uppercase().as_bytes()).ok();
                let methods = match &route.methods {
                    None => vec![None],
                    Some(methods) => methods.iter().filter_map(named).map(Some).collect(),
                };
                for method in methods {
                    let answering = &mut routes.methods[position].1;
                    answering.retain(|(known, _)| *known != method);
                    answering.push((method, function.config.name.clone()));
                }
            }
        }
        *self.inner.routes.write() = Arc::new(routes);
    }
}

struct Found<'a> {
    function: &'a str,
    route: &'a str,
    params: Params<'a, 'a>,
}

/// The function for a request; none if no path matches.
fn find<'a>(routes: &'a Routes, method: &Method, path: &'a str) -> Option<Result<Found<'a>, Problem>> {
    let found = routes.paths.at(path).ok()?;
    let (route, methods) = &routes.methods[*found.value];
    let by_method = |method: Option<&Method>| methods.iter().find(|(known, _)| known.as_ref() == method);
    let head = if method == Method::HEAD { by_method(Some(&Method::GET)) } else { None };
    let Some((_, function)) = by_method(Some(method)).or(head).or_else(|| by_method(None)) else {
        let mut allow: Vec<&str> = methods.iter().flat_map(|(method, _)| method).map(Method::as_str).collect();
        allow.sort_unstable();
        return Some(Err(Problem::MethodNotAllowed { allow: allow.join(", ") }));
    };
    Some(Ok(Found { function, route, params: found.params }))
}

async fn answer(inner: &Inner, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
    let routes = inner.routes.read().clone();
    let (parts, body) = request.into_parts();
    let Some(found) = find(&routes, &parts.method, parts.uri.path()) else {
        return (inner.fallback)(Request::from_parts(parts, body)).await;
    };
    if let Some(response) = cors::preflight(&inner.cors, &parts) {
        return response;
    }
    let (request_id, at, begun) = (new_id(), now(), Instant::now());
    let place = place(&parts.headers).unwrap_or_else(|| Place::fresh(at));
    let span_id = new_span_id();
    let trace_id = given_trace(&parts.headers).map_or_else(|| place.root(), str::to_owned);
    let asked = Asked { request_id: &request_id, trace_id: &trace_id, span: &place.xray(&span_id), peer };
    let answered = match found {
        Ok(found) => invoke(inner, &parts, body, found, &asked).await,
        Err(problem) => Err(problem),
    };
    let mut response = answered.unwrap_or_else(|problem| problem.into_response(&request_id));
    inner.lambda.0.requests.add(Requested {
        request_id: request_id.clone(),
        trace_id: place.trace_id,
        span_id,
        parent_id: place.parent_id,
        at,
        what: format!("{} {}", parts.method, parts.uri.path()),
        status: response.status().as_u16(),
        duration_ms: begun.elapsed().as_secs_f64() * 1000.0,
    });
    let headers = response.headers_mut();
    for (name, text) in [(REQUEST_ID, request_id), (TRACE_ID, trace_id)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
    cors::decorate(&inner.cors, &parts.headers, headers);
    response
}

/// What the gateway says of a request.
struct Asked<'a> {
    request_id: &'a str,
    /// The header that the function sees and the answer has.
    trace_id: &'a str,
    /// The request in its trace, as X-Ray writes it.
    span: &'a str,
    peer: SocketAddr,
}

async fn invoke(
    inner: &Inner,
    parts: &Parts,
    body: Incoming,
    found: Found<'_>,
    asked: &Asked<'_>,
) -> Result<Response<Body>, Problem> {
    let too_large = || Problem::TooLarge { limit: PAYLOAD_BYTES_MAX };
    let body = read(body, PAYLOAD_BYTES_MAX).await.map_err(|unread| match unread {
        Unread::TooLarge(_) => too_large(),
        Unread::Broken => Problem::Broken,
    })?;
    let Found { function, route, params } = found;
    let account = &inner.lambda.0.account;
    let Asked { request_id, trace_id, span, peer } = *asked;
    let payload = event(parts, &body, &Context { request_id, trace_id, account, route, params, peer });
    drop(body);
    let job = InvokeRequest {
        function: function.to_owned(),
        payload: payload.into(),
        client_context: None,
        trace_id: Some(span.to_owned()),
        links: Vec::new(),
        what: format!("{} {}", parts.method, parts.uri.path()),
    };
    let response = inner.lambda.invoke(job).await.map_err(|error| match error {
        InvokeError::TooLarge { .. } => too_large(),
        InvokeError::Throttled => Problem::Throttled,
        InvokeError::Stopping => Problem::Stopping,
        InvokeError::NotFound(name) => Problem::Failed { error: format!("there is no function {name}") },
    })?;
    match response.output {
        Output::Buffered(payload) => buffered(&parts.method, &payload).map_err(|reason| Problem::BadAnswer { reason }),
        Output::Streamed { content_type, pieces } => {
            streamed(&content_type, pieces).await.map_err(|error| failed(&error))
        }
        Output::Failed(error) => Err(failed(&error)),
    }
}

fn failed(error: &FunctionError) -> Problem {
    match error.error_type.as_str() {
        "Sandbox.Timedout" => Problem::TimedOut,
        // An emulator's user owns both sides: the reason may be shown.
        _ => Problem::Failed { error: error.to_string() },
    }
}

/// The header of X-Ray that a client sent.
fn given_trace(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(TRACE_ID)?.to_str().ok()?;
    (given.len() <= TRACE_ID_BYTES_MAX && given.starts_with("Root=1-")).then_some(given)
}

/// Where in which trace a request is, as its client says: by W3C's header if it has both, as functions take it.
fn place(headers: &HeaderMap) -> Option<Place> {
    let w3c = headers.get(TRACEPARENT).and_then(|value| Place::from_w3c(value.to_str().ok()?));
    w3c.or_else(|| given_trace(headers).and_then(Place::from_xray))
}
