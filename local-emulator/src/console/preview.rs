//! HTML that the console made up and wants to look at in a frame: `POST /_octavo/preview` keeps it, and
//! `GET /console/preview/{number}` shows it as mail is shown.
//!
//! What a page puts into its own frame would go by the page's policy, which knows no styles in markup; mail has no others.

use super::problem::Problem;
use super::sent;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;

/// Previews that are kept: one for each window that somebody may have open.
const PREVIEWS_MAX: usize = 16;
/// Bytes of one: more than any mail program shows.
const PREVIEW_BYTES_MAX: usize = 1024 * 1024;

/// The last previews, with their numbers.
#[derive(Default)]
pub(super) struct Previews(Mutex<(u64, VecDeque<(u64, Bytes)>)>);

impl Previews {
    fn keep(&self, html: Bytes) -> u64 {
        let (last, kept) = &mut *self.0.lock();
        *last += 1;
        kept.push_back((*last, html));
        if kept.len() > PREVIEWS_MAX {
            kept.pop_front();
        }
        *last
    }

    fn find(&self, number: u64) -> Option<Bytes> {
        let kept = &self.0.lock().1;
        kept.iter().find(|(known, _)| *known == number).map(|(_, html)| html.clone())
    }
}

/// Keeps the HTML that the body is.
pub(super) async fn keep(
    Extension(previews): Extension<Arc<Previews>>,
    html: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    if html.len() > PREVIEW_BYTES_MAX {
        let detail = format!("expected at most {PREVIEW_BYTES_MAX} bytes");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    Ok((StatusCode::CREATED, Json(json!({ "number": previews.keep(html) }))))
}

/// Shows one, for a frame.
pub(super) async fn show(
    Extension(previews): Extension<Arc<Previews>>,
    Path(number): Path<u64>,
) -> Result<Response, Problem> {
    previews.find(number).map(|html| sent::framed(&html)).ok_or_else(|| Problem::not_found("preview"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    #[tokio::test]
    async fn the_last_ones_are_kept_and_may_do_nothing() {
        let previews = Arc::new(Previews::default());
        for number in 1..=PREVIEWS_MAX + 1 {
            assert_eq!(previews.keep(Bytes::from(format!("<p>{number}</p>"))), u64::try_from(number).unwrap());
        }
        let get = |number| show(Extension(previews.clone()), Path(number));
        assert!(get(1).await.is_err());
        let response = get(2).await.unwrap_or_else(|_| panic!("it is kept"));
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("sandbox") && !policy.contains("script"));
        let body = axum::body::to_bytes(response.into_body(), PREVIEW_BYTES_MAX).await.unwrap();
        assert!(body.ends_with(b"<p>2</p>"));
        assert!(keep(Extension(previews), Bytes::from(vec![b'x'; PREVIEW_BYTES_MAX + 1])).await.is_err());
    }
}
