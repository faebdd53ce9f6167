//! The body of `POST /v1/search`, by the edge and the domain's rules.

use bytes::Bytes;
use http::{HeaderValue, header};
use octavo_domain_kernel::Fault;
use octavo_domain_search::{FACETS_MAX, PAGE_HITS_MAX, SearchRequest, TERMS_MAX, TEXT_CHARS_MAX};
use octavo_wiring_edge::{Query, Request, status};

/// A refusal is short, whatever the names of the fields were.
const TOLD_BYTES_MAX: usize = 10_000;

/// Panics where a body that cannot be read is not refused as the client's fault, where a refusal names no field, where
/// what is accepted is over a limit, or where the same search written anew is another one.
pub(crate) fn run(bytes: &[u8]) {
    let mut request = Request::default();
    request.body = Bytes::copy_from_slice(bytes);
    request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    match request.json::<SearchRequest>() {
        Ok(asked) => checked(&asked),
        Err(fault) => {
            assert!(status(fault.kind()).is_client_error(), "{fault}");
            assert!(fault.detail().len() < TOLD_BYTES_MAX, "{} bytes are told of a refusal", fault.detail().len());
            assert!(
                fault.fields().iter().all(|wrong| !wrong.field.is_empty()) && !fault.fields().is_empty(),
                "{fault}"
            );
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(query) = Query::parse(text)
    {
        assert_eq!(Query::parse(&query.to_string()).ok(), Some(query), "a query string written anew");
    }
}

fn checked(asked: &SearchRequest) {
    match asked.validate() {
        Ok(query) => {
            let text = query.text.as_deref().unwrap_or_default();
            assert!(text.chars().count() <= TEXT_CHARS_MAX && text.split_whitespace().count() <= TERMS_MAX);
            assert!((1..=PAGE_HITS_MAX).contains(&query.size), "{} hits a page", query.size);
            assert!(query.facets.len() <= FACETS_MAX);
            let written = serde_json::to_vec(asked).expect("a request can be written");
            let again: SearchRequest = serde_json::from_slice(&written).expect("what was written can be read");
            let same = again.validate().expect("and is as acceptable");
            assert_eq!(same.fingerprint(), query.fingerprint());
        }
        Err(faults) => {
            assert!(!faults.is_empty());
            for wrong in faults {
                assert!(!wrong.field.is_empty() && !wrong.message.is_empty(), "{wrong:?}");
            }
        }
    }
}
