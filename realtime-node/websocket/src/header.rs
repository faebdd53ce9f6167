//! A frame's first bytes (RFC 6455 section 5.2).

use crate::close::code;

/// Bytes of the longest header.
pub(crate) const HEADER_BYTES_MAX: usize = 14;
/// Bytes of a control frame's payload (section 5.5).
pub(crate) const CONTROL_BYTES_MAX: u64 = 125;

/// How a peer broke the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A reserved bit is set; no extension was agreed on.
    #[error("a reserved bit is set")]
    ReservedBit,
    /// A kind of frame that does not exist.
    #[error("unknown opcode {0}")]
    Opcode(u8),
    /// A client's frame without a mask.
    #[error("a client's frame must be masked")]
    Unmasked,
    /// A control frame in fragments.
    #[error("a control frame must not be fragmented")]
    ControlFragmented,
    /// A control frame with over 125 bytes.
    #[error("a control frame has at most 125 bytes")]
    ControlLength,
    /// A length over 2^63 - 1.
    #[error("a length of more than 63 bits")]
    Length,
    /// A continuation where nothing was begun.
    #[error("a continuation of nothing")]
    Continuation,
    /// A new message before the last one was whole.
    #[error("a message within a fragmented message")]
    Interrupted,
    /// A text or a reason that is not UTF-8.
    #[error("a text that is not UTF-8")]
    NotUtf8,
    /// A Close with one byte.
    #[error("a Close with half a code")]
    CloseLength,
    /// A Close with a code that is not to be sent.
    #[error("a Close with code {0}")]
    CloseCode(u16),
}

impl Violation {
    /// The code that the peer is told (section 7.4.1).
    pub fn close_code(self) -> u16 {
        if self == Self::NotUtf8 { code::NOT_UTF8 } else { code::PROTOCOL }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Opcode {
    pub(crate) fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// A client's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) last: bool,
    pub(crate) opcode: Opcode,
    /// Bytes of payload.
    pub(crate) length: u64,
    pub(crate) mask: [u8; 4],
}

impl Header {
    /// Reads one from the front of `bytes`, and says how long it is; none if there are too few. A length in more bytes than
    /// it needs is read: refusing it (section 5.2 would allow that) protects nobody.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Violation> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        if first & 0x70 != 0 {
            return Err(Violation::ReservedBit);
        }
        let opcode = match first & 0x0f {
            0 => Opcode::Continuation,
            1 => Opcode::Text,
            2 => Opcode::Binary,
            8 => Opcode::Close,
            9 => Opcode::Ping,
            10 => Opcode::Pong,
            unknown => return Err(Violation::Opcode(unknown)),
        };
        let (last, short) = (first & 0x80 != 0, u64::from(second & 0x7f));
        if opcode.is_control() && !last {
            return Err(Violation::ControlFragmented);
        }
        if opcode.is_control() && short > CONTROL_BYTES_MAX {
            return Err(Violation::ControlLength);
        }
        if second & 0x80 == 0 {
            return Err(Violation::Unmasked);
        }
        let (length, mask, bytes) = match short {
            126 => match rest {
                [a, b, m0, m1, m2, m3, ..] => (u64::from(u16::from_be_bytes([*a, *b])), [*m0, *m1, *m2, *m3], 8),
                _ => return Ok(None),
            },
            127 => match rest.split_first_chunk::<8>() {
                Some((length, [m0, m1, m2, m3, ..])) => (u64::from_be_bytes(*length), [*m0, *m1, *m2, *m3], 14),
                _ => return Ok(None),
            },
            short => match rest {
                [m0, m1, m2, m3, ..] => (short, [*m0, *m1, *m2, *m3], 6),
                _ => return Ok(None),
            },
        };
        if length > i64::MAX as u64 {
            return Err(Violation::Length);
        }
        Ok(Some((Self { last, opcode, length, mask }, bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_when_it_is_whole() {
        let short = [0x81, 0x85, 1, 2, 3, 4];
        let long = [0x02, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 9, 8, 7, 6];
        let middle = [0x82, 0xfe, 1, 0, 9, 8, 7, 6];
        for (bytes, length) in [(&short[..], 5), (&long[..], 65_536), (&middle[..], 256)] {
            for cut in 0..bytes.len() {
                assert_eq!(Header::parse(&bytes[..cut]), Ok(None));
            }
            let (header, read) = Header::parse(bytes).unwrap().unwrap();
            assert_eq!((header.length, read), (length, bytes.len()));
        }
    }

    #[test]
    fn what_no_client_may_send_is_refused() {
        let refused = |bytes: &[u8]| Header::parse(bytes).unwrap_err();
        for bit in [0x40, 0x20, 0x10] {
            assert_eq!(refused(&[0x81 | bit, 0x80]), Violation::ReservedBit);
        }
        for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            assert_eq!(refused(&[0x80 | opcode, 0x80]), Violation::Opcode(opcode));
        }
        assert_eq!(refused(&[0x81, 0x05]), Violation::Unmasked);
        assert_eq!(refused(&[0x09, 0x80]), Violation::ControlFragmented);
        assert_eq!(refused(&[0x89, 0xfe]), Violation::ControlLength);
        let endless = [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(refused(&endless), Violation::Length);
    }
}
