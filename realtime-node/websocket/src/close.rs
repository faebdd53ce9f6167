//! What a Close frame says (RFC 6455 sections 5.5.1 and 7.4).

use crate::Violation;

/// Codes that this side sends (section 7.4.1).
pub mod code {
    /// The work is done.
    pub const NORMAL: u16 = 1000;
    /// A server goes down.
    pub const GOING_AWAY: u16 = 1001;
    /// The peer broke the protocol.
    pub const PROTOCOL: u16 = 1002;
    /// A text that is not UTF-8.
    pub const NOT_UTF8: u16 = 1007;
    /// Refused by a rule of the application.
    pub const POLICY: u16 = 1008;
    /// A message over the limit.
    pub const TOO_LARGE: u16 = 1009;
    /// A fault of the server.
    pub const INTERNAL: u16 = 1011;
}

/// Bytes of a reason: what a control frame has left beside the code.
pub(crate) const REASON_BYTES_MAX: usize = 123;

/// A Close frame that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// None where the frame was empty.
    pub code: Option<u16>,
    /// In the peer's words; not to be trusted.
    pub reason: String,
}

impl Close {
    /// Reads a payload.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Violation> {
        let (code, reason) = match payload {
            [] => return Ok(Self { code: None, reason: String::new() }),
            [_] => return Err(Violation::CloseLength),
            [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
        };
        if !may_be_received(code) {
            return Err(Violation::CloseCode(code));
        }
        let reason = std::str::from_utf8(reason).map_err(|_| Violation::NotUtf8)?;
        Ok(Self { code: Some(code), reason: reason.to_owned() })
    }
}

/// 1004 to 1006 and 1015 are never on the wire, 1016 to 2999 are for later versions of the specification.
fn may_be_received(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// As much of a reason as a Close frame can carry, whole characters.
pub(crate) fn shortened(reason: &str) -> &str {
    let mut end = reason.len().min(REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    &reason[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_that_may_be_on_the_wire_are_taken() {
        for code in [1000u16, 1001, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999] {
            let close = Close::parse(&[&code.to_be_bytes()[..], b"gone"].concat()).unwrap();
            assert_eq!(close, Close { code: Some(code), reason: "gone".to_owned() });
        }
        for code in [0u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
            assert_eq!(Close::parse(&code.to_be_bytes()), Err(Violation::CloseCode(code)));
        }
        assert_eq!(Close::parse(&[3]), Err(Violation::CloseLength));
        assert_eq!(Close::parse(&[3, 232, 0xff]), Err(Violation::NotUtf8));
        assert_eq!(Close::parse(&[]).unwrap().code, None);
    }

    #[test]
    fn a_reason_is_cut_between_characters() {
        assert_eq!(shortened("brief"), "brief");
        let long = "ä".repeat(100);
        assert_eq!(shortened(&long).len(), 122);
    }
}
