//! The program's own files as they go out: compressed where the browser takes that, and not at all where it has them already.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, LazyLock};

/// What of a file is worked out once, when it is first asked for.
struct Packed {
    tag: String,
    /// None where compressing fails or gains nothing.
    gzip: Option<Bytes>,
}

/// By where a content lies in the program: as many as there are files.
static PACKED: LazyLock<Mutex<HashMap<usize, Arc<Packed>>>> = LazyLock::new(Mutex::default);

/// Answers `asked` with a file. The browser keeps it and asks each time whether it is still the same.
pub(super) fn answer(content: &'static str, asked: &HeaderMap) -> Response {
    let packed = packed(content);
    let value = |name| asked.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    let known = value(header::IF_NONE_MATCH).split(',').any(|tag| tag.trim() == packed.tag);
    let takes = value(header::ACCEPT_ENCODING).split(',').any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        let refused =
            quality.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse::<f32>().is_ok_and(|q| q <= 0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    });
    let mut response = match &packed.gzip {
        _ if known => StatusCode::NOT_MODIFIED.into_response(),
        Some(gzip) if takes => ([(header::CONTENT_ENCODING, "gzip")], gzip.clone()).into_response(),
        _ => content.into_response(),
    };
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&packed.tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn packed(content: &'static str) -> Arc<Packed> {
    let place = content.as_ptr().addr();
    if let Some(known) = PACKED.lock().get(&place) {
        return known.clone();
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let gzip = encoder.write_all(content.as_bytes()).and_then(|()| encoder.finish()).ok();
    let fresh = Arc::new(Packed {
        // Weak: it names the file, in whichever form it went out.
        tag: format!("W/\"{}\"", &blake3::hash(content.as_bytes()).to_hex()[..16]),
        gzip: gzip.filter(|gzip| gzip.len() < content.len()).map(Bytes::from),
    });
    PACKED.lock().insert(place, fresh.clone());
    fresh
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    const TEXT: &str = "the same words again, the same words again, the same words again, the same words again";

    fn asked(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    async fn body(response: Response) -> Bytes {
        axum::body::to_bytes(response.into_body(), 1024).await.unwrap()
    }

    #[tokio::test]
    async fn it_is_compressed_for_whoever_takes_that() {
        let response = answer(TEXT, &asked(header::ACCEPT_ENCODING, "br, gzip;q=0.8"));
        assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
        let (mut text, sent) = (String::new(), body(response).await);
        flate2::read::GzDecoder::new(&sent[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, TEXT);
        for refused in ["br", "gzip;q=0", "identity"] {
            let response = answer(TEXT, &asked(header::ACCEPT_ENCODING, refused));
            assert!(!response.headers().contains_key(header::CONTENT_ENCODING), "{refused}");
            assert_eq!(body(response).await, TEXT);
        }
    }

    #[tokio::test]
    async fn what_the_browser_has_is_not_sent_again() {
        let tag = answer(TEXT, &HeaderMap::new()).headers()[header::ETAG].to_str().unwrap().to_owned();
        let response = answer(TEXT, &asked(header::IF_NONE_MATCH, &format!("W/\"x\", {tag}")));
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert!(body(response).await.is_empty());
        let other = answer("another", &asked(header::IF_NONE_MATCH, &tag));
        assert_eq!((other.status(), body(other).await), (StatusCode::OK, Bytes::from("another")));
    }
}
