//! Which web pages may read the answers (Fetch Standard, "CORS protocol").

use crate::Body;
use crate::core::Core;
use crate::requests::empty;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, HOST, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};

/// The page whose script sends a request, if it is one's.
pub(crate) struct Page {
    origin: Option<HeaderValue>,
    allowed: bool,
}

impl Page {
    pub(crate) fn of(core: &Core, request: &Request<Body>) -> Self {
        let headers = request.headers();
        let origin = headers.get(ORIGIN).cloned();
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let allowed = match &origin {
            None => true,
            Some(origin) => origin.to_str().is_ok_and(|origin| core.options.origins.allow(origin, host)),
        };
        Self { origin, allowed }
    }

    /// Whether it may connect.
    pub(crate) fn is_allowed(&self) -> bool {
        self.allowed
    }

    /// The answer to what a browser asks before it sends the request itself. To a page that may not: nothing that permits.
    pub(crate) fn preflight(&self) -> Response<Body> {
        let mut response = empty(StatusCode::NO_CONTENT);
        if self.allowed && self.origin.is_some() {
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE"));
            let sent = "authorization, content-type, x-requested-with, x-signalr-user-agent";
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(sent));
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        }
        self.permit(&mut response);
        response
    }

    /// Lets the page read the answer, if it may.
    pub(crate) fn permit(&self, response: &mut Response<Body>) {
        let Some(origin) = &self.origin else { return };
        let headers: &mut HeaderMap = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if self.allowed {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }
}
