//! Which operation answers a request.

use crate::{BODY_BYTES_MAX, EdgeFault, Problem, Request, Response};
use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue, Method, header};
use octavo_domain_kernel::{Authenticator, Fault};
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What answers a route: takes the function's ports and the request.
pub type Handler<D> = Arc<dyn Fn(Arc<D>, Request) -> BoxFuture<'static, Result<Response, Problem>> + Send + Sync>;

struct Route<D> {
    handler: Handler<D>,
    open: bool,
}

/// Writes a refusal in another form than a problem document, for clients that know only their own: the path, the fault,
/// the request's id. None leaves it a problem document.
pub type Refusals = fn(&str, &dyn Fault, &str) -> Option<Response>;

/// A function's routes over its ports `D`.
pub struct Router<D> {
    refusals: Option<Refusals>,
    paths: matchit::Router<usize>,
    methods: Vec<BTreeMap<&'static str, Route<D>>>,
    known: BTreeMap<&'static str, usize>,
}

impl<D: Send + Sync + 'static> Default for Router<D> {
    fn default() -> Self {
        Self { refusals: None, paths: matchit::Router::new(), methods: Vec::new(), known: BTreeMap::new() }
    }
}

impl<D: Send + Sync + 'static> Router<D> {
    /// No routes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refusals are written by `refusals` where it answers.
    #[must_use]
    pub fn refusals(mut self, refusals: Refusals) -> Self {
        self.refusals = Some(refusals);
        self
    }

    /// `method path` (`{name}` for a parameter) is answered by `handler`, for those who have a token.
    #[must_use]
    pub fn route<F, R>(self, method: &'static str, path: &'static str, handler: F) -> Self
    where
        F: Fn(Arc<D>, Request) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        self.add(method, path, handler, false)
    }

    /// The same for everybody.
    #[must_use]
    pub fn open_route<F, R>(self, method: &'static str, path: &'static str, handler: F) -> Self
    where
        F: Fn(Arc<D>, Request) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        self.add(method, path, handler, true)
    }

    fn add<F, R>(mut self, method: &'static str, path: &'static str, handler: F, open: bool) -> Self
    where
        F: Fn(Arc<D>, Request) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        let position = *self.known.entry(path).or_insert_with(|| {
            self.methods.push(BTreeMap::new());
            let position = self.methods.len() - 1;
            self.paths
                .insert(path, position)
                .expect("routes are constants of the program and do not contradict each other");
            position
        });
        let handler: Handler<D> = Arc::new(move |deps, request| Box::pin(handler(deps, request)));
        self.methods[position].insert(method, Route { handler, open });
        self
    }

    /// Answers `request`: finds the route, checks the token, runs the operation, and makes HTTP of whatever it returns.
    pub async fn handle(&self, deps: Arc<D>, authenticator: &dyn Authenticator, request: Request) -> Response {
        let (request_id, head) = (request.request_id.clone(), request.method == Method::HEAD);
        let path = self.refusals.is_some().then(|| request.path.clone());
        let mut response = match self.answer(deps, authenticator, request).await {
            Ok(response) => response,
            Err(problem) => match (self.refusals, path) {
                (Some(write), Some(path)) => {
                    problem.into_response_by(&request_id, |fault| write(&path, fault, &request_id))
                }
                _ => problem.into_response(&request_id),
            },
        };
        if let Ok(id) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert("x-request-id", id);
        }
        response.headers_mut().entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
        if head { response.without_body() } else { response }
    }

    async fn answer(
        &self,
        deps: Arc<D>,
        authenticator: &dyn Authenticator,
        mut request: Request,
    ) -> Result<Response, Problem> {
        let no_route = || EdgeFault::NoRoute(request.path.clone());
        let found = self.paths.at(&request.path).map_err(|_| no_route())?;
        let methods = &self.methods[*found.value];
        let mut params = BTreeMap::new();
        for (name, value) in found.params.iter() {
            let value = percent_decode_str(value)
                .decode_utf8()
                .map_err(|_| EdgeFault::malformed(format!("path:{name}"), "expected UTF-8"))?;
            params.insert(name.to_owned(), value.into_owned());
        }
        // HEAD is GET without the body (RFC 9110, section 9.3.2).
        let method = if request.method == Method::HEAD && !methods.contains_key("HEAD") {
            "GET"
        } else {
            request.method.as_str()
        };
        let Some(route) = methods.get(method) else {
            let mut allow: Vec<&str> = methods.keys().copied().collect();
            if methods.contains_key("GET") && !methods.contains_key("HEAD") {
                allow.push("HEAD");
            }
            return Err(
                EdgeFault::MethodNotAllowed { method: request.method.to_string(), allow: allow.join(", ") }.into()
            );
        };
        if !route.open {
            let token = bearer(&request)?;
            request.principal = Some(authenticator.authenticate(token).await.map_err(EdgeFault::from)?);
        }
        if request.body.len() > BODY_BYTES_MAX {
            return Err(EdgeFault::BodyTooLarge { limit: BODY_BYTES_MAX }.into());
        }
        request.params = params;
        (route.handler)(deps, request).await
    }
}

/// Where clients of OpenAI's, Anthropic's and Azure's own services put their key.
const KEY_HEADERS: [HeaderName; 2] = [HeaderName::from_static("x-api-key"), HeaderName::from_static("api-key")];

/// The token of `Authorization: Bearer` (RFC 6750, section 2.1), or else of a header for API keys.
fn bearer(request: &Request) -> Result<&str, EdgeFault> {
    let Some(value) = request.header(&header::AUTHORIZATION)? else {
        for name in &KEY_HEADERS {
            if let Some(key) = request.header(name)?.map(str::trim).filter(|key| !key.is_empty()) {
                return Ok(key);
            }
        }
        return Err(EdgeFault::TokenMissing);
    };
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => Ok(token.trim()),
        _ => Err(EdgeFault::TokenMissing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Body;
    use async_trait::async_trait;
    use http::StatusCode;
    use octavo_domain_kernel::{AuthenticateError, DocumentId, Principal};
    use serde::Deserialize;

    struct OneToken;

    #[async_trait]
    impl Authenticator for OneToken {
        async fn authenticate(&self, token: &str) -> Result<Principal, AuthenticateError> {
            if token != "good" {
                return Err(AuthenticateError::Invalid("its signature does not match".to_owned()));
            }
            Ok(Principal {
                tenant: "acme".parse().unwrap(),
                user: "ada".parse().unwrap(),
                name: None,
                groups: Default::default(),
                roles: Default::default(),
                api_key: None,
            })
        }
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        tags: Vec<String>,
    }

    async fn show(_: Arc<()>, request: Request) -> Result<Response, Problem> {
        let id: DocumentId = request.param("id")?;
        Ok(Response::json(StatusCode::OK, &id.to_string()))
    }

    async fn make(_: Arc<()>, request: Request) -> Result<Response, Problem> {
        let input: Input = request.json()?;
        Ok(Response::json(StatusCode::CREATED, &input.tags))
    }

    async fn ask(method: &str, path: &str, token: Option<&str>, body: &'static str) -> (u16, serde_json::Value) {
        let mut request = Request { method: method.parse().unwrap(), path: path.to_owned(), ..Request::default() };
        request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(token) = token {
            request.headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        }
        request.body = body.into();
        let router = Router::new().route("GET", "/d/{id}", show).route("POST", "/d", make);
        let (status, _, body) = router.handle(Arc::new(()), &OneToken, request).await.into_parts();
        let Body::Bytes(bytes) = body else { panic!("a stream") };
        (status.as_u16(), serde_json::from_slice(&bytes).unwrap_or_default())
    }

    #[tokio::test]
    async fn a_wrong_request_is_told_what_is_wrong() {
        let cases = [
            ("GET", "/d/x", Some("good"), "", 400, "EDGE_0001", "path:id"),
            ("GET", "/nothing", Some("good"), "", 404, "EDGE_0006", ""),
            ("PUT", "/d", Some("good"), "", 405, "EDGE_0007", ""),
            ("POST", "/d", None, "{}", 401, "EDGE_0003", "header:Authorization"),
            ("POST", "/d", Some("bad"), "{}", 401, "EDGE_0004", "header:Authorization"),
            ("POST", "/d", Some("good"), "{", 400, "EDGE_0001", "body"),
            ("POST", "/d", Some("good"), "{\"tags\":[\"a\",1]}", 422, "EDGE_0002", "tags[1]"),
            ("POST", "/d", Some("good"), "{\"tags\":[],\"x\":1}", 422, "EDGE_0002", "x"),
            ("POST", "/d", Some("good"), "{}", 422, "EDGE_0002", "body"),
            ("POST", "/d", Some("good"), "{\"\":1}", 422, "EDGE_0002", "body"),
            ("POST", "/d", Some("good"), " [[\"a\"]]", 422, "EDGE_0002", "body"),
        ];
        for (method, path, token, body, status, code, field) in cases {
            let (got, problem) = ask(method, path, token, body).await;
            assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{method} {path} {body}: {problem}");
            if !field.is_empty() {
                assert_eq!(problem["errors"][0]["field"], field, "{method} {path} {body}: {problem}");
            }
        }
    }

    #[tokio::test]
    async fn a_function_may_refuse_in_its_clients_form() {
        fn plain(path: &str, fault: &dyn Fault, request_id: &str) -> Option<Response> {
            let text = format!("{} {request_id}", fault.code().name);
            (path == "/d").then(|| Response::json(StatusCode::IM_A_TEAPOT, &text))
        }
        let router = Router::new().route("POST", "/d", make).route("GET", "/d/{id}", show).refusals(plain);
        let mut allowed = None;
        let mut ask = async |method: Method, path: &str, key: &'static str| {
            let mut request =
                Request { method, path: path.to_owned(), request_id: "r1".to_owned(), ..Request::default() };
            request.headers.insert("x-api-key", HeaderValue::from_static(key));
            let (status, headers, body) = router.handle(Arc::new(()), &OneToken, request).await.into_parts();
            let Body::Bytes(bytes) = body else { panic!("a stream") };
            allowed = headers.get(header::ALLOW).map(|allow| allow.to_str().unwrap().to_owned());
            (status.as_u16(), String::from_utf8(bytes.to_vec()).unwrap())
        };
        assert_eq!(ask(Method::POST, "/d", "bad").await, (418, "\"EDGE_0004 r1\"".to_owned()));
        assert_eq!(ask(Method::POST, "/d", " ").await, (418, "\"EDGE_0003 r1\"".to_owned()));
        assert_eq!(ask(Method::GET, "/d/x", "good").await.0, 400, "another path keeps the problem document");
        assert_eq!(ask(Method::DELETE, "/d", "good").await, (418, "\"EDGE_0007 r1\"".to_owned()));
        assert_eq!(allowed.as_deref(), Some("POST"), "HTTP's own headers belong to every form");
    }

    #[tokio::test]
    async fn a_right_request_is_answered() {
        assert_eq!(ask("POST", "/d", Some("good"), "{\"tags\":[\"a\"]}").await, (201, serde_json::json!(["a"])));
        let (status, body) = ask("HEAD", "/d/01934d2e-7b1c-7def-8a2b-3c4d5e6f7081", Some("good"), "").await;
        assert_eq!((status, body), (200, serde_json::Value::Null));
    }
}
