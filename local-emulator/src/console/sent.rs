//! What was sent to people: the control API of the fake notification providers, passed on below `/_octavo/sent`; and a mail as
//! its reader sees it, `/console/mail/{number}`.

use super::problem::Problem;
use crate::emulator::Parts;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;

/// The fakes are in this very process.
const WITHIN: Duration = Duration::from_secs(10);
/// A mail may do nothing but be looked at: no scripts, nothing loaded, and its links open apart. What it shows is somebody's
/// text, in this page's origin.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

/// Passes a request on to the control API of the fakes.
pub(super) async fn control(
    State(parts): State<Arc<Parts>>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    body: Bytes,
) -> Result<Response, Problem> {
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let answer = ask(&parts, method, &format!("/_control/{path}{query}"), body).await?;
    Ok((answer.0, [(header::CONTENT_TYPE, "application/json")], answer.1).into_response())
}

/// The HTML of a mail, for a frame.
pub(super) async fn mail(State(parts): State<Arc<Parts>>, Path(number): Path<u64>) -> Result<Response, Problem> {
    let path = format!("/_control/messages/{number}/html");
    let (status, html) = ask(&parts, Method::GET, &path, Bytes::new()).await?;
    if status != StatusCode::OK {
        return Err(Problem::not_found("mail with HTML"));
    }
    Ok(framed(&html))
}

/// HTML of a mail, for a frame.
pub(super) fn framed(html: &[u8]) -> Response {
    let page = leading_out(html);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, page).into_response()
}

/// The same with links that open apart: a frame's links would open within it.
fn leading_out(html: &[u8]) -> Vec<u8> {
    const BASE: &[u8] = b"<base target=\"_blank\">";
    let begins = |at: &usize| html[*at..].get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case(b"<head"));
    let head =
        (0..html.len()).find(begins).and_then(|at| Some(at + html[at..].iter().position(|&byte| byte == b'>')? + 1));
    // Before the document's type it would make browsers lay it out as they did in the nineties.
    let at = head.unwrap_or(0);
    [&html[..at], BASE, &html[at..]].concat()
}

async fn ask(parts: &Parts, method: Method, path: &str, body: Bytes) -> Result<(StatusCode, Bytes), Problem> {
    let notify = parts.notify.get().ok_or_else(|| Problem::not_found("fake provider"))?;
    let away =
        |error: reqwest::Error| Problem::new(StatusCode::BAD_GATEWAY, format!("the fakes do not answer: {error}"));
    let client = reqwest::Client::builder().timeout(WITHIN).no_proxy().build().map_err(away)?;
    let request = client.request(method, format!("{}{path}", notify.fakes.url()));
    let request = request.header("content-type", "application/json").body(body);
    let response = request.send().await.map_err(away)?;
    Ok((response.status(), response.bytes().await.map_err(away)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_out_of_the_frame_and_the_type_of_the_document_stays_first() {
        let shown = |html: &str| String::from_utf8(leading_out(html.as_bytes())).unwrap();
        let base = "<base target=\"_blank\">";
        assert_eq!(shown("<!doctype html><HEAD id=a><title>"), format!("<!doctype html><HEAD id=a>{base}<title>"));
        assert_eq!(shown("<p>a <hea"), format!("{base}<p>a <hea"));
        assert_eq!(shown("<head"), format!("{base}<head"));
        assert_eq!(shown(""), base);
    }
}
