//! Requests in, answers out.

use super::cors;
use super::event::{Context, event};
use super::problem::Problem;
use super::response::buffered;
use super::stream::streamed;
use crate::clock::new_id;
use crate::limits::PAYLOAD_BYTES_MAX;
use crate::runtime_api::{Unread, read};
use crate::service::StartError;
use crate::{Body, Cors, FunctionError, InvokeError, InvokeRequest, Lambda, Output, serve};
use futures::future::BoxFuture;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response};
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Answers what no function's route matches.
pub type Fallback = Arc<dyn Fn(Request<Incoming>) -> BoxFuture<'static, Response<Body>> + Send + Sync>;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// Which function answers a path, by method; `None` stands for the others.
type Methods = BTreeMap<Option<String>, String>;

#[derive(Default)]
struct Routes {
    paths: matchit::Router<usize>,
    methods: Vec<(String, Methods)>,
}

struct Inner {
    lambda: Lambda,
    cors: Cors,
    fallback: Fallback,
    routes: RwLock<Routes>,
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
        tokio::spawn(serve::serve(listener, stop, move |request, peer| {
            let inner = inner.clone();
            async move { answer(&inner, request, peer).await }
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
                let methods = match &route.methods {
                    None => vec![None],
                    Some(methods) => methods.iter().map(|method| Some(method.to_ascii_uppercase())).collect(),
                };
                for method in methods {
                    routes.methods[position].1.insert(method, function.config.name.clone());
                }
            }
        }
        *self.inner.routes.write() = routes;
    }
}

struct Found {
    function: String,
    route: String,
    params: Vec<(String, String)>,
}

/// The function for a request; none if no path matches.
fn find(routes: &Routes, method: &str, path: &str) -> Option<Result<Found, Problem>> {
    let found = routes.paths.at(path).ok()?;
    let (route, methods) = &routes.methods[*found.value];
    let by_method = |method: &str| methods.get(&Some(method.to_owned()));
    let head = if method == "HEAD" { by_method("GET") } else { None };
    let Some(function) = by_method(method).or(head).or_else(|| methods.get(&None)) else {
        let allow: Vec<&str> = methods.keys().flatten().map(String::as_str).collect();
        return Some(Err(Problem::MethodNotAllowed { allow: allow.join(", ") }));
    };
    let params = found.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Some(Ok(Found { function: function.clone(), route: route.clone(), params }))
}

async fn answer(inner: &Inner, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
    let found = find(&inner.routes.read(), request.method().as_str(), request.uri().path());
    let found = match found {
        None => return (inner.fallback)(request).await,
        Some(found) => found,
    };
    if let Some(response) = cors::preflight(&inner.cors, &request) {
        return response;
    }
    let request_id = new_id();
    let trace_id = trace_id(request.headers());
    let asked = request.headers().clone();
    let mut response = match found {
        Ok(found) => match invoke(inner, request, found, &request_id, &trace_id, peer).await {
            Ok(response) => response,
            Err(problem) => problem.into_response(&request_id),
        },
        Err(problem) => problem.into_response(&request_id),
    };
    let headers = response.headers_mut();
    for (name, value) in [(REQUEST_ID, &request_id), (TRACE_ID, &trace_id)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    cors::decorate(&inner.cors, &asked, headers);
    response
}

async fn invoke(
    inner: &Inner,
    request: Request<Incoming>,
    found: Found,
    request_id: &str,
    trace_id: &str,
    peer: SocketAddr,
) -> Result<Response<Body>, Problem> {
    let too_large = || Problem::TooLarge { limit: PAYLOAD_BYTES_MAX };
    let (parts, body) = request.into_parts();
    let body = read(body, PAYLOAD_BYTES_MAX).await.map_err(|unread| match unread {
        Unread::TooLarge(_) => too_large(),
        Unread::Broken => Problem::Broken,
    })?;
    let account = &inner.lambda.0.account;
    let context = Context { request_id, trace_id, account, route: &found.route, params: found.params, peer };
    let payload = event(&parts, &body, &context);
    drop(body);
    let what = format!("{} {}", parts.method, parts.uri.path());
    let job = InvokeRequest {
        function: found.function,
        payload: payload.into(),
        client_context: None,
        trace_id: Some(trace_id.to_owned()),
        what,
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

fn trace_id(headers: &HeaderMap) -> String {
    let given =
        headers.get(TRACE_ID).and_then(|value| value.to_str().ok()).filter(|value| value.starts_with("Root=1-"));
    given.filter(|value| value.len() <= 256).map_or_else(crate::service::fresh_trace_id, str::to_owned)
}
