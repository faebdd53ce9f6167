//! Who may use the emulator's own API: programs of this machine, and the console's page. Not other web pages.

use super::problem::Problem;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Every request to the API must carry it. A page of another origin cannot set it without a preflight, which is refused.
const HEADER: &str = "x-octavo-console";

/// Refuses what a hostile page could send: requests without the header, and requests whose `Host` is a name that somebody
/// pointed to this machine (DNS rebinding).
pub(super) async fn local_only(request: Request, next: Next) -> Response {
    if !request.headers().contains_key(HEADER) {
        return Problem::new(StatusCode::FORBIDDEN, "the header x-octavo-console is needed").into_response();
    }
    local_name(request, next).await
}

/// The same for what a frame of the console asks for, which can send no header.
pub(super) async fn local_name(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_loopback(host) {
        return Problem::new(StatusCode::FORBIDDEN, "this is answered only under a loopback address or localhost")
            .into_response();
    }
    next.run(request).await
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_local() {
        for local in ["127.0.0.1:7878", "localhost", "localhost:1", "[::1]:80", "127.8.8.8"] {
            assert!(is_loopback(local), "{local}");
        }
        for foreign in ["", "example.com", "127.0.0.1.example.com:80", "localhost.example.com", "10.0.0.1:7878"] {
            assert!(!is_loopback(foreign), "{foreign}");
        }
    }
}
