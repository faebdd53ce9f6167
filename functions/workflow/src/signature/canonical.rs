//! What is signed of a request: its canonical form (AWS Signature Version 4, "Create a canonical request").

use http::HeaderMap;
use octavo_wiring_edge::Request;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// What is escaped: all but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same within a path, whose parts are kept apart.
const ESCAPED_PATH: &AsciiSet = &ESCAPED.remove(b'/');

/// The SHA-256 of bytes, 64 lower-case hexadecimal digits.
pub(super) fn hex_hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The canonical form with these headers, which are in lower case and in order; none if one of them is not there or is no
/// text.
pub(super) fn canonical_request(request: &Request, signed_headers: &[&str]) -> Option<String> {
    let mut text = format!("{}\n{}\n{}\n", request.method, path(&request.path), query(request));
    for name in signed_headers {
        let _ = writeln!(text, "{name}:{}", header(&request.headers, name)?);
    }
    let _ = write!(text, "\n{}\n{}", signed_headers.join(";"), hex_hash(&request.body));
    Some(text)
}

/// The path, escaped once more than it came: every service but S3 has it so. Empty parts and dots are taken out.
fn path(raw: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in raw.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut path = format!("/{}", parts.join("/"));
    if raw.ends_with('/') && path.len() > 1 {
        path.push('/');
    }
    utf8_percent_encode(&path, ESCAPED_PATH).to_string()
}

fn query(request: &Request) -> String {
    let escape = |text| utf8_percent_encode(text, ESCAPED).to_string();
    let mut pairs: Vec<(String, String)> =
        request.query.iter().map(|(name, value)| (escape(name), escape(value))).collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// A header's value: of several, all; spaces around it gone, and of several between words, one left.
fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter().peekable();
    values.peek()?;
    let mut all: Vec<String> = Vec::new();
    for value in values {
        let words: Vec<&str> = value.to_str().ok()?.split(' ').filter(|word| !word.is_empty()).collect();
        all.push(words.join(" "));
    }
    Some(all.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_path_is_escaped_again_and_plain() {
        for (raw, canonical) in [
            ("/", "/"),
            ("", "/"),
            ("/v1/states/", "/v1/states/"),
            ("/v1//states", "/v1/states"),
            ("/v1/./x/../states", "/v1/states"),
            ("/a%20b/ü", "/a%2520b/%C3%BC"),
        ] {
            assert_eq!(path(raw), canonical, "{raw}");
        }
    }

    // The example of the specification: "GET / HTTP/1.1" with a value of several spaces.
    #[test]
    fn headers_lose_their_spaces() {
        let mut headers = HeaderMap::new();
        headers.append("my-header1", HeaderValue::from_static("  a   b  c "));
        headers.append("my-header1", HeaderValue::from_static("d"));
        assert_eq!(header(&headers, "my-header1").as_deref(), Some("a b c,d"));
        assert_eq!(header(&headers, "absent"), None);
    }
}
