//! Which pages of other origins may call, and read what.

use crate::{Body, Cors, full};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, ORIGIN, VARY,
};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};

/// Bytes of a list of header names that is echoed.
const ECHOED_BYTES_MAX: usize = 4096;

/// The answer to a preflight (Fetch standard, section 3.2.2); none if the request is none.
pub(super) fn preflight(cors: &Cors, request: &Parts) -> Option<Response<Body>> {
    let is_preflight = request.method == Method::OPTIONS
        && request.headers.contains_key(ORIGIN)
        && request.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !is_preflight {
        return None;
    }
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::NO_CONTENT;
    if let Some(origin) = allowed(cors, &request.headers) {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(headers, ACCESS_CONTROL_ALLOW_METHODS, &cors.allow_methods.join(", "));
        match asked_headers(cors, &request.headers) {
            Some(asked) => drop(headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked)),
            None => set(headers, ACCESS_CONTROL_ALLOW_HEADERS, &named(&cors.allow_headers).join(", ")),
        }
        headers.insert(ACCESS_CONTROL_MAX_AGE, cors.max_age.as_secs().into());
    }
    response.headers_mut().append(VARY, HeaderValue::from_static("origin, access-control-request-headers"));
    Some(response)
}

/// Adds to an answer what the asking page's browser needs to hand it over.
pub(super) fn decorate(cors: &Cors, asked: &HeaderMap, answer: &mut HeaderMap) {
    if !asked.contains_key(ORIGIN) || answer.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
        return;
    }
    if let Some(origin) = allowed(cors, asked) {
        let exposed = exposed(cors, answer);
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(answer, ACCESS_CONTROL_EXPOSE_HEADERS, &exposed);
    }
    answer.append(VARY, HeaderValue::from_static("origin"));
}

fn allowed(cors: &Cors, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(ORIGIN)?;
    if cors.allow_origins.iter().any(|allowed| allowed == "*") {
        return Some(HeaderValue::from_static("*"));
    }
    cors.allow_origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()).then(|| origin.clone())
}

/// What a preflight asks for, if every header may be sent and it is a list of names. A literal `*` would leave out
/// `authorization` (Fetch standard, section 3.2.3), so that it is said name by name.
fn asked_headers(cors: &Cors, headers: &HeaderMap) -> Option<HeaderValue> {
    if !cors.allow_headers.iter().any(|allowed| allowed == "*") {
        return None;
    }
    let asked = headers.get(ACCESS_CONTROL_REQUEST_HEADERS)?;
    let is_name = |name: &str| HeaderName::from_bytes(name.trim_matches([' ', '\t']).as_bytes()).is_ok();
    let text = asked.to_str().ok().filter(|text| text.len() <= ECHOED_BYTES_MAX)?;
    text.split(',').all(is_name).then(|| asked.clone())
}

/// The entries of a list that are names and no patterns.
fn named(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).filter(|name| !name.ends_with('*')).collect()
}

/// The names of a list, and those of the answer's headers that its patterns stand for.
fn exposed(cors: &Cors, answer: &HeaderMap) -> String {
    let mut names = named(&cors.expose_headers);
    let prefixes: Vec<&str> = cors.expose_headers.iter().filter_map(|name| name.strip_suffix('*')).collect();
    let begins = |name: &&str| prefixes.iter().any(|prefix| name.starts_with(prefix));
    names.extend(answer.keys().map(HeaderName::as_str).filter(begins));
    names.join(", ")
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn ask(cors: &Cors, headers: Option<&str>) -> String {
        let mut request = Request::options("/").header("origin", "https://app.example");
        request = request.header("access-control-request-method", "POST");
        if let Some(headers) = headers {
            request = request.header("access-control-request-headers", headers);
        }
        let answer = preflight(cors, &request.body(()).unwrap().into_parts().0).unwrap();
        answer.headers()[ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap().to_owned()
    }

    #[test]
    fn what_the_sdks_send_is_allowed_and_what_is_no_name_is_not_echoed() {
        let cors = Cors::default();
        let asked = "anthropic-beta,anthropic-dangerous-direct-browser-access,anthropic-version,authorization,\
                     content-type,openai-organization,x-api-key,x-stainless-retry-count, x-stainless-os";
        assert_eq!(ask(&cors, Some(asked)), asked);
        for (asked, why) in [
            (None, "nothing asked"),
            (Some("a b"), "a space within"),
            (Some("x-a,,x-b"), "an empty name"),
            (Some("x-a: 1"), "a value"),
        ] {
            let answer = ask(&cors, asked);
            assert!(answer.contains("authorization") && !answer.contains('*'), "{why}: {answer}");
        }
        let long = vec!["x-stainless"; 1000].join(",");
        assert_ne!(ask(&cors, Some(&long)), long);
        let strict = Cors { allow_headers: vec!["content-type".to_owned()], ..Cors::default() };
        assert_eq!(ask(&strict, Some("x-api-key")), "content-type");
    }

    #[test]
    fn families_of_headers_are_exposed_by_name() {
        let mut asked = HeaderMap::new();
        asked.insert(ORIGIN, HeaderValue::from_static("https://app.example"));
        let mut answer = HeaderMap::new();
        for name in ["x-ratelimit-remaining-tokens", "anthropic-ratelimit-tokens-reset", "x-internal"] {
            answer.insert(HeaderName::from_static(name), HeaderValue::from_static("1"));
        }
        decorate(&Cors::default(), &asked, &mut answer);
        let exposed = answer[ACCESS_CONTROL_EXPOSE_HEADERS].to_str().unwrap();
        let names: Vec<&str> = exposed.split(", ").collect();
        for name in ["x-ratelimit-remaining-tokens", "anthropic-ratelimit-tokens-reset", "x-octavo-cache", "request-id"]
        {
            assert!(names.contains(&name), "{name}: {exposed}");
        }
        assert!(!names.contains(&"x-internal") && !exposed.contains('*'), "{exposed}");
    }
}
