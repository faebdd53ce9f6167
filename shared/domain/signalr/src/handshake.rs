//! The handshake (HubProtocol.md, "Overview"): JSON and 0x1E in either protocol, before everything else.

use crate::Protocol;
use crate::json::SEPARATOR;
use crate::payload::shortened;
use bytes::Bytes;
use serde::Deserialize;

/// Bytes of a handshake request: it comes before anything is known of the client.
pub const HANDSHAKE_BYTES_MAX: usize = 4 * 1024;

/// The client's first record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandshakeRequest {
    /// The hub protocol's name.
    pub protocol: String,
    /// Its version.
    pub version: i64,
}

/// What the connection can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandshakeOffer {
    /// Stateful reconnect was negotiated: version 2 may be asked for.
    pub stateful_reconnect: bool,
    /// The transport carries binary: not so Server-Sent Events.
    pub binary: bool,
}

/// Why a handshake fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeFault {
    /// It is longer than is taken.
    #[error("The handshake is of more than {HANDSHAKE_BYTES_MAX} bytes.")]
    TooLarge,
    /// It is no handshake.
    #[error("The handshake cannot be read: {0}.")]
    Malformed(String),
    /// There is no such protocol.
    #[error("The protocol '{0}' is not supported.")]
    UnknownProtocol(String),
    /// There is no such version of it, or not on this connection.
    #[error("The server does not support version {version} of the '{protocol}' protocol.")]
    UnknownVersion {
        /// The protocol.
        protocol: &'static str,
        /// The version.
        version: i64,
    },
    /// The transport is of text, the protocol is binary.
    #[error("The '{0}' protocol is binary, which the current transport does not carry.")]
    NoBinary(&'static str),
}

/// Reads the handshake from the start of a byte stream, which may be split at any byte.
#[derive(Debug, Default)]
pub struct HandshakeReader {
    partial: Vec<u8>,
}

#[derive(Deserialize)]
struct Record {
    protocol: String,
    version: i64,
}

impl HandshakeReader {
    /// At the start of a connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// The request, once it has come whole; `input` moves on, and what follows the request stays in it for the
    /// [`crate::Decoder`].
    ///
    /// # Errors
    /// [`HandshakeFault::TooLarge`] and [`HandshakeFault::Malformed`].
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<HandshakeRequest>, HandshakeFault> {
        let end = input.iter().position(|byte| *byte == SEPARATOR);
        let part = &input[..end.unwrap_or(input.len())];
        if self.partial.len() + part.len() > HANDSHAKE_BYTES_MAX {
            return Err(HandshakeFault::TooLarge);
        }
        self.partial.extend_from_slice(part);
        let Some(end) = end else {
            *input = &[];
            return Ok(None);
        };
        *input = &input[end + 1..];
        let record = std::mem::take(&mut self.partial);
        // Serde would take an array for the members in their order.
        if record.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(HandshakeFault::Malformed("it is no JSON object".to_owned()));
        }
        let record: Record =
            serde_json::from_slice(&record).map_err(|error| HandshakeFault::Malformed(shortened(error.to_string())))?;
        Ok(Some(HandshakeRequest { protocol: record.protocol, version: record.version }))
    }
}

impl HandshakeRequest {
    /// The protocol that the connection speaks from here.
    ///
    /// # Errors
    /// The connection does not offer what is asked for.
    pub fn agree(&self, offer: HandshakeOffer) -> Result<Protocol, HandshakeFault> {
        let protocol = Protocol::named(&self.protocol)
            .ok_or_else(|| HandshakeFault::UnknownProtocol(shortened(self.protocol.clone())))?;
        // 0 is what signalrcore says, which takes the version of the negotiate answer for that of the protocol.
        let versions = if offer.stateful_reconnect { 0..=2 } else { 0..=1 };
        if !versions.contains(&self.version) {
            return Err(HandshakeFault::UnknownVersion { protocol: protocol.name(), version: self.version });
        }
        if !offer.binary && !protocol.is_text() {
            return Err(HandshakeFault::NoBinary(protocol.name()));
        }
        Ok(protocol)
    }
}

/// The answer to a handshake that is agreed to. It is text also where MessagePack follows.
pub fn handshake_agreed() -> Bytes {
    Bytes::from_static(b"{}\x1e")
}

/// The answer to one that is not; the connection is closed after it. Nothing secret may be in `error`.
pub fn handshake_refused(error: &str) -> Bytes {
    let mut text = serde_json::json!({ "error": error }).to_string();
    text.push(char::from(SEPARATOR));
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WHOLE: HandshakeOffer = HandshakeOffer { stateful_reconnect: true, binary: true };

    fn read(bytes: &[u8]) -> Result<HandshakeRequest, HandshakeFault> {
        HandshakeReader::new().read(&mut &bytes[..]).map(|request| request.expect("it is whole"))
    }

    fn agree(json: &str, offer: HandshakeOffer) -> Result<Protocol, HandshakeFault> {
        read(format!("{json}\u{1e}").as_bytes())?.agree(offer)
    }

    #[test]
    fn what_stock_clients_send_is_agreed_to() {
        assert_eq!(agree(r#"{"protocol":"json","version":1}"#, WHOLE), Ok(Protocol::Json));
        assert_eq!(agree(r#"{"protocol":"messagepack","version":1}"#, WHOLE), Ok(Protocol::MessagePack));
        assert_eq!(agree(r#"{"version":2,"protocol":"messagepack"}"#, WHOLE), Ok(Protocol::MessagePack));
        assert_eq!(agree(r#"{"protocol": "json", "version": 0}"#, WHOLE), Ok(Protocol::Json));
        assert_eq!(agree(r#"{"protocol":"JSON","version":1,"more":[]}"#, WHOLE), Ok(Protocol::Json));
        assert_eq!(handshake_agreed(), "{}\u{1e}");
    }

    #[test]
    fn version_2_needs_stateful_reconnect_and_message_pack_a_binary_transport() {
        let plain = HandshakeOffer { stateful_reconnect: false, binary: true };
        let fault = agree(r#"{"protocol":"json","version":2}"#, plain).unwrap_err();
        assert_eq!(fault.to_string(), "The server does not support version 2 of the 'json' protocol.");
        let text = HandshakeOffer { stateful_reconnect: true, binary: false };
        assert_eq!(
            agree(r#"{"protocol":"messagepack","version":1}"#, text),
            Err(HandshakeFault::NoBinary("messagepack"))
        );
        assert_eq!(agree(r#"{"protocol":"json","version":1}"#, text), Ok(Protocol::Json));
    }

    #[test]
    fn what_is_no_handshake_is_refused_in_words() {
        let fault = agree(r#"{"protocol":"dummy","version":1}"#, WHOLE).unwrap_err();
        assert_eq!(
            handshake_refused(&fault.to_string()),
            "{\"error\":\"The protocol 'dummy' is not supported.\"}\u{1e}"
        );
        for version in ["3", "-1", "9223372036854775807"] {
            let request = format!(r#"{{"protocol":"json","version":{version}}}"#);
            assert!(matches!(agree(&request, WHOLE), Err(HandshakeFault::UnknownVersion { .. })), "{version}");
        }
        for bad in
            ["", "[]", r#"["json",1]"#, "{}", r#"{"protocol":"json"}"#, r#"{"protocol":1,"version":1}"#, "{\"type\":6}"]
        {
            assert!(matches!(agree(bad, WHOLE), Err(HandshakeFault::Malformed(_))), "{bad}");
        }
        let long = format!("{{\"protocol\":\"{}\",\"version\":1}}\u{1e}", "a".repeat(HANDSHAKE_BYTES_MAX));
        assert_eq!(read(long.as_bytes()), Err(HandshakeFault::TooLarge));
        let mut reader = HandshakeReader::new();
        assert_eq!(reader.read(&mut &[b' '; HANDSHAKE_BYTES_MAX][..]), Ok(None));
        assert_eq!(reader.read(&mut &b" "[..]), Err(HandshakeFault::TooLarge));
    }

    proptest! {
        #[test]
        fn a_handshake_may_be_split_anywhere_and_what_follows_it_is_left(sizes in prop::collection::vec(1_usize..9, 1..9)) {
            let stream = b"{\"protocol\":\"messagepack\",\"version\":1}\x1e\x02\x91\x06";
            let (mut reader, mut at, mut sizes) = (HandshakeReader::new(), 0, sizes.into_iter().cycle());
            let (request, left) = loop {
                let end = (at + sizes.next().unwrap_or(1)).min(stream.len());
                let mut chunk = &stream[at..end];
                at = end;
                if let Some(request) = reader.read(&mut chunk).unwrap() {
                    break (request, [chunk, &stream[at..]].concat());
                }
                prop_assert!(chunk.is_empty());
            };
            prop_assert_eq!(request, HandshakeRequest { protocol: "messagepack".to_owned(), version: 1 });
            prop_assert_eq!(&left[..], &[2, 0x91, 6]);
        }
    }
}
