//! HTML or a PDF that the console wants to look at in a frame: `POST /_octavo/preview` keeps it, and
//! `GET /console/preview/{number}` shows HTML as mail is shown, and a PDF to the browser's own reader.
//!
//! What a page puts into its own frame would go by the page's policy, which knows no styles in markup; mail has no others.

use super::problem::Problem;
use super::sent;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;

/// Previews that are kept: one for each window that somebody may have open.
const PREVIEWS_MAX: usize = 16;
/// Bytes of HTML: more than any mail program shows.
const PREVIEW_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a PDF: no document is larger.
pub(super) const PDF_BYTES_MAX: usize = octavo_domain_documents::BODY_BYTES_MAX;
/// What a browser's reader of PDF needs to show it, and nothing for what is within.
const PDF_POLICY: &str = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; \
                          frame-ancestors 'self'";
const PDF: &str = "application/pdf";

/// What is kept of one.
#[derive(Clone)]
enum Preview {
    Html(Bytes),
    Pdf(Bytes),
}

/// The last previews, with their numbers.
#[derive(Default)]
pub(super) struct Previews(Mutex<(u64, VecDeque<(u64, Preview)>)>);

impl Previews {
    fn keep(&self, preview: Preview) -> u64 {
        let (last, kept) = &mut *self.0.lock();
        *last += 1;
        kept.push_back((*last, preview));
        if kept.len() > PREVIEWS_MAX {
            kept.pop_front();
        }
        *last
    }

    fn find(&self, number: u64) -> Option<Preview> {
        let kept = &self.0.lock().1;
        kept.iter().find(|(known, _)| *known == number).map(|(_, preview)| preview.clone())
    }
}

/// Keeps the HTML that the body is, or the PDF that it says to be and is.
pub(super) async fn keep(
    Extension(previews): Extension<Arc<Previews>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let is_pdf = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == PDF);
    if is_pdf && !body.starts_with(b"%PDF-") {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "expected a PDF"));
    }
    let (bytes_max, preview): (_, fn(Bytes) -> Preview) =
        if is_pdf { (PDF_BYTES_MAX, Preview::Pdf) } else { (PREVIEW_BYTES_MAX, Preview::Html) };
    if body.len() > bytes_max {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("expected at most {bytes_max} bytes")));
    }
    Ok((StatusCode::CREATED, Json(json!({ "number": previews.keep(preview(body)) }))))
}

/// Shows one, for a frame.
pub(super) async fn show(
    Extension(previews): Extension<Arc<Previews>>,
    Path(number): Path<u64>,
) -> Result<Response, Problem> {
    match previews.find(number) {
        Some(Preview::Html(html)) => Ok(sent::framed(&html)),
        Some(Preview::Pdf(pdf)) => {
            let headers = [
                (header::CONTENT_TYPE, PDF),
                (header::CONTENT_SECURITY_POLICY, PDF_POLICY),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::CACHE_CONTROL, "no-store"),
            ];
            Ok((headers, pdf).into_response())
        }
        None => Err(Problem::not_found("preview")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[tokio::test]
    async fn the_last_ones_are_kept_and_may_do_nothing() {
        let previews = Arc::new(Previews::default());
        for number in 1..=PREVIEWS_MAX + 1 {
            assert_eq!(
                previews.keep(Preview::Html(Bytes::from(format!("<p>{number}</p>")))),
                u64::try_from(number).unwrap()
            );
        }
        let get = |number| show(Extension(previews.clone()), Path(number));
        assert!(get(1).await.is_err());
        let response = get(2).await.unwrap_or_else(|_| panic!("it is kept"));
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("sandbox") && !policy.contains("script"));
        let body = axum::body::to_bytes(response.into_body(), PREVIEW_BYTES_MAX).await.unwrap();
        assert!(body.ends_with(b"<p>2</p>"));
        let large = Bytes::from(vec![b'x'; PREVIEW_BYTES_MAX + 1]);
        assert!(keep(Extension(previews), HeaderMap::new(), large).await.is_err());
    }

    #[tokio::test]
    async fn a_pdf_is_one_and_goes_to_the_browsers_reader() {
        let previews = Arc::new(Previews::default());
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(PDF))]);
        let keep = |body: &'static [u8]| keep(Extension(previews.clone()), headers.clone(), Bytes::from_static(body));
        assert!(keep(b"<script>").await.is_err());
        assert!(keep(b"%PDF-1.4").await.is_ok());
        let response = show(Extension(previews.clone()), Path(1)).await.unwrap_or_else(|_| panic!("it is kept"));
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert_eq!(response.headers()[header::CONTENT_TYPE], PDF);
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src"), "{policy}");
    }
}
