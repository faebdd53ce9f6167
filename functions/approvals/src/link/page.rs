//! Pages without scripts, for whoever follows a link in a mail.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use octavo_wiring_edge::Response;
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};
use std::sync::LazyLock;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;\
background:#fff}h1{font-size:1.4rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem}dt{color:#555}\
dd{margin:0}.text{white-space:pre-wrap}.note{border-left:4px solid #b58900;padding:.25rem .75rem;background:#fdf6e3}\
label{display:block;margin:1rem 0 .25rem}input,select,textarea{font:inherit;width:100%;box-sizing:border-box;padding:.4rem}\
input[type=checkbox]{width:auto}.buttons{display:flex;gap:.75rem;flex-wrap:wrap;margin-top:1.5rem}\
button{font:inherit;padding:.6rem 1.2rem;border:1px solid #555;border-radius:.4rem;background:#f4f4f4;cursor:pointer}\
button.yes{background:#116329;border-color:#116329;color:#fff}button.no{background:#a40e26;border-color:#a40e26;color:#fff}\
small{color:#555}";

/// Nothing is loaded and nothing runs; the form goes back to where it came from; nobody puts the page into theirs.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("a policy is visible ASCII")
});

/// Text that stands in HTML, in elements and in quoted attributes.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            match char {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                char => f.write_char(char)?,
            }
        }
        Ok(())
    }
}

/// A page: `title` is text, `body` is HTML.
pub(super) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let title = Escaped(title);
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>"
    );
    let header = HeaderName::from_static;
    Response::bytes(status, HeaderValue::from_static("text/html; charset=utf-8"), Bytes::from(html))
        .with(header("content-security-policy"), POLICY.clone())
        .with(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
        .with(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
        .with(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"))
        .with(header("x-robots-tag"), HeaderValue::from_static("noindex"))
}

/// A page that says one thing.
pub(super) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    page(status, title, &format!("<p>{}</p>", Escaped(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup() {
        assert_eq!(
            Escaped("<a href=\"x\">'&'</a>").to_string(),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;"
        );
    }

    #[test]
    fn a_page_runs_nothing_and_is_kept_nowhere() {
        let response = message(StatusCode::GONE, "Gone", "It is <gone>.");
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(
            (&headers["referrer-policy"], &headers["cache-control"]),
            (&HeaderValue::from_static("no-referrer"), &HeaderValue::from_static("no-store"))
        );
        let octavo_wiring_edge::Body::Bytes(html) = response.body() else { panic!("a stream") };
        let html = String::from_utf8(html.to_vec()).unwrap();
        assert!(html.contains("It is &lt;gone&gt;.") && !html.contains("<script"), "{html}");
    }
}
