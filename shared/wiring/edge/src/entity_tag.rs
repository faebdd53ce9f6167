//! Entity tags and the preconditions made of them (RFC 9110, sections 8.8.3 and 13.1).

use crate::{EdgeFault, Request};
use http::{HeaderValue, header};

/// A strong entity tag that carries a revision: `"r7"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntityTag(pub i64);

impl EntityTag {
    /// As a header value.
    pub fn header(self) -> HeaderValue {
        HeaderValue::from_str(&format!("\"r{}\"", self.0)).expect("digits and quotes are visible ASCII")
    }

    fn parse(text: &str) -> Option<Self> {
        text.strip_prefix("\"r")?.strip_suffix('"')?.parse().ok().map(Self)
    }
}

/// The revision that `If-Match` demands: none if the header is not there or is `*`. Weak tags and lists are refused, since
/// a change is made on one revision.
pub fn if_match(request: &Request) -> Result<Option<EntityTag>, EdgeFault> {
    match request.header(&header::IF_MATCH)?.map(str::trim) {
        None | Some("*") => Ok(None),
        Some(text) => match EntityTag::parse(text) {
            Some(tag) => Ok(Some(tag)),
            None => {
                Err(EdgeFault::malformed("header:If-Match", "expected the entity tag of a document, such as \"r3\""))
            }
        },
    }
}

/// Whether `If-None-Match` names `tag`: then the answer is 304. Compared weakly, as section 13.1.2 says.
pub fn if_none_match(request: &Request, tag: &str) -> Result<bool, EdgeFault> {
    let Some(value) = request.header(&header::IF_NONE_MATCH)? else { return Ok(false) };
    Ok(value.trim() == "*"
        || value.split(',').any(|candidate| candidate.trim().trim_start_matches("W/") == tag.trim_start_matches("W/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: http::HeaderName, value: &'static str) -> Request {
        let mut request = Request::default();
        request.headers.insert(name, HeaderValue::from_static(value));
        request
    }

    #[test]
    fn reads_what_it_wrote() {
        let request = request(header::IF_MATCH, "\"r42\"");
        assert_eq!(if_match(&request).unwrap(), Some(EntityTag(42)));
        assert_eq!(EntityTag(42).header(), "\"r42\"");
    }

    #[test]
    fn refuses_what_is_no_tag_of_ours() {
        for value in ["r42", "W/\"r42\"", "\"r1\", \"r2\"", "\"abc\""] {
            assert!(if_match(&request(header::IF_MATCH, value)).is_err(), "{value}");
        }
        assert_eq!(if_match(&request(header::IF_MATCH, "*")).unwrap(), None);
    }

    #[test]
    fn none_match_takes_lists() {
        let request = request(header::IF_NONE_MATCH, "\"a\", W/\"b\"");
        assert!(if_none_match(&request, "\"b\"").unwrap());
        assert!(!if_none_match(&request, "\"c\"").unwrap());
    }
}
