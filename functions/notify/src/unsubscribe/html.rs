//! The page that a link to unsubscribe shows. No scripts, nothing from elsewhere.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use octavo_wiring_edge::Response;

const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem;color:#1c1c1c}\
    h1{font-size:1.4rem}button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.3rem;background:#2b5c8a;color:#fff}\
    code{background:#f1f1f1;padding:.1rem .3rem}";

/// What is asked before anything is done: a mail's link is opened by whoever scans it too.
pub(super) fn question(address: &str, categories: &[String]) -> Response {
    let body = format!(
        "<h1>Unsubscribe</h1><p>{} is not told of {} by mail any more.</p>\
         <form method=\"post\"><button type=\"submit\">Unsubscribe</button></form>",
        escaped(address),
        list(categories)
    );
    page(StatusCode::OK, "Unsubscribe", &body)
}

/// What is said when it is done.
pub(super) fn done(address: &str, categories: &[String]) -> Response {
    let body = format!(
        "<h1>Unsubscribed</h1><p>{} is not told of {} by mail any more.</p>",
        escaped(address),
        list(categories)
    );
    page(StatusCode::OK, "Unsubscribed", &body)
}

/// What is said to whoever has a link that was not made here.
pub(super) fn refused() -> Response {
    let body = "<h1>This link does not work</h1><p>It was not made here, or is not whole. Copy it once more from the mail.</p>";
    page(StatusCode::NOT_FOUND, "This link does not work", body)
}

fn list(categories: &[String]) -> String {
    categories.iter().map(|category| format!("<code>{}</code>", escaped(category))).collect::<Vec<_>>().join(", ")
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\">\
         <title>{title}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    );
    let html_type = HeaderValue::from_static("text/html; charset=utf-8");
    Response::bytes(status, html_type, Bytes::from(html))
        .with(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))
        .with(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
        .with(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
        .with(HeaderName::from_static("x-frame-options"), HeaderValue::from_static("DENY"))
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_wiring_edge::Body;

    #[test]
    fn an_address_is_text_and_nothing_else() {
        let response = question("<script>\"x'&", &["a<b".to_owned()]);
        assert!(response.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        let Body::Bytes(bytes) = response.body() else { panic!("a stream") };
        let html = std::str::from_utf8(bytes).unwrap();
        assert!(html.contains("&lt;script&gt;&quot;x&#39;&amp;") && html.contains("a&lt;b"), "{html}");
        assert!(!html.contains("<script"));
    }
}
