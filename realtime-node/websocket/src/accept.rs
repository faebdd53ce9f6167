//! The opening handshake (RFC 6455 section 4.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version};
use sha1::{Digest, Sha1};

/// Appended to the key by section 1.3, so that only who knows WebSockets answers right.
const MAGIC: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Bytes of a key, decoded.
const KEY_BYTES: usize = 16;

/// An upgrade that can be answered.
#[derive(Debug)]
pub struct Accept {
    /// 101 with its headers; the body is the HTTP library's business.
    pub response: Response<()>,
}

/// Why a request is not an upgrade to a WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnUpgrade {
    /// It does not ask for one: an ordinary request.
    #[error("the request does not ask for a WebSocket")]
    NotAsked,
    /// It asks, but by another method than GET or by another version than HTTP/1.1.
    #[error("a WebSocket is asked for by GET and HTTP/1.1")]
    Request,
    /// It wants another version than 13.
    #[error("only version 13 of WebSockets is spoken here")]
    Version,
    /// Its key is missing or is not 16 bytes in Base64.
    #[error("Sec-WebSocket-Key must be 16 bytes in Base64")]
    Key,
}

impl NotAnUpgrade {
    /// The answer: 426 with what is spoken here (section 4.4) or 400.
    pub fn response(self) -> Response<()> {
        let mut response = Response::new(());
        match self {
            Self::NotAsked | Self::Version => {
                *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
                response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
                response.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            }
            Self::Request | Self::Key => *response.status_mut() = StatusCode::BAD_REQUEST,
        }
        response
    }
}

/// Answers an upgrade. Extensions and subprotocols that were offered are not taken up.
pub fn accept<B>(request: &Request<B>) -> Result<Accept, NotAnUpgrade> {
    let headers = request.headers();
    if !names(headers, &UPGRADE, "websocket") || !names(headers, &CONNECTION, "upgrade") {
        return Err(NotAnUpgrade::NotAsked);
    }
    if request.method() != Method::GET || request.version() != Version::HTTP_11 {
        return Err(NotAnUpgrade::Request);
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version.as_bytes() != b"13") {
        return Err(NotAnUpgrade::Version);
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).ok_or(NotAnUpgrade::Key)?.as_bytes();
    if STANDARD.decode(key).map_err(|_| NotAnUpgrade::Key)?.len() != KEY_BYTES {
        return Err(NotAnUpgrade::Key);
    }
    let mut digest = Sha1::new();
    digest.update(key);
    digest.update(MAGIC);
    let proof = HeaderValue::from_str(&STANDARD.encode(digest.finalize())).map_err(|_| NotAnUpgrade::Key)?;

    let mut response = Response::new(());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    response.headers_mut().insert(SEC_WEBSOCKET_ACCEPT, proof);
    Ok(Accept { response })
}

/// Whether a header, a list separated by commas that may stand in several lines, has `token` in any case.
fn names(headers: &HeaderMap, header: &HeaderName, token: &str) -> bool {
    let lines = headers.get_all(header).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of section 1.3.
    fn example() -> Request<()> {
        Request::get("/chat")
            .header("upgrade", "WebSocket")
            .header("connection", "keep-alive, Upgrade")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("sec-websocket-version", "13")
            .body(())
            .unwrap()
    }

    #[test]
    fn the_example_of_the_specification_is_answered_as_it_says() {
        let response = accept(&example()).unwrap().response;
        assert_eq!(response.status(), 101);
        assert_eq!(response.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(response.headers()["upgrade"], "websocket");
        assert_eq!(response.headers()["connection"], "Upgrade");
    }

    #[test]
    fn what_is_no_upgrade_is_told_why() {
        let faulty = |change: fn(&mut Request<()>)| {
            let mut request = example();
            change(&mut request);
            accept(&request).unwrap_err()
        };
        assert_eq!(faulty(|request| drop(request.headers_mut().remove("upgrade"))), NotAnUpgrade::NotAsked);
        assert_eq!(faulty(|request| drop(request.headers_mut().remove("connection"))), NotAnUpgrade::NotAsked);
        assert_eq!(faulty(|request| *request.method_mut() = Method::POST), NotAnUpgrade::Request);
        assert_eq!(faulty(|request| *request.version_mut() = Version::HTTP_10), NotAnUpgrade::Request);
        assert_eq!(faulty(|request| drop(request.headers_mut().remove("sec-websocket-key"))), NotAnUpgrade::Key);
        for bad in ["", "dGhlIHNhbXBsZQ==", "%%%%"] {
            let mut request = example();
            request.headers_mut().insert("sec-websocket-key", HeaderValue::from_static(bad));
            assert_eq!(accept(&request).unwrap_err(), NotAnUpgrade::Key, "{bad}");
        }
        let old = faulty(|request| {
            request.headers_mut().insert("sec-websocket-version", HeaderValue::from_static("8"));
        });
        assert_eq!(old, NotAnUpgrade::Version);
        assert_eq!(old.response().status(), 426);
        assert_eq!(old.response().headers()["sec-websocket-version"], "13");
    }
}
