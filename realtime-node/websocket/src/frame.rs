//! Frames of the server (RFC 6455 section 5.2): whole, without a mask.

use crate::close::shortened;
use crate::header::{CONTROL_BYTES_MAX, Opcode};
use bytes::{BufMut, Bytes, BytesMut};

/// A header without a mask.
const HEADER_BYTES_MAX: usize = 10;

/// A whole message in one frame, the same for everybody who gets it: encoded once, shared by all. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame(Bytes);

impl Frame {
    /// A text, which must be UTF-8: what is not makes every client close.
    pub fn text(payload: &[u8]) -> Self {
        Self::encode(Opcode::Text, payload)
    }

    /// A binary message.
    pub fn binary(payload: &[u8]) -> Self {
        Self::encode(Opcode::Binary, payload)
    }

    /// As it goes to the wire.
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    pub(crate) fn ping() -> Self {
        Self(Bytes::from_static(&[0x89, 0]))
    }

    pub(crate) fn pong(payload: &[u8]) -> Self {
        Self::encode(Opcode::Pong, &payload[..payload.len().min(CONTROL_BYTES_MAX as usize)])
    }

    /// A reason that is too long is cut.
    pub(crate) fn close(code: Option<u16>, reason: &str) -> Self {
        match code {
            None => Self(Bytes::from_static(&[0x88, 0])),
            Some(code) => {
                Self::encode(Opcode::Close, &[&code.to_be_bytes()[..], shortened(reason).as_bytes()].concat())
            }
        }
    }

    fn encode(opcode: Opcode, payload: &[u8]) -> Self {
        let mut bytes = BytesMut::with_capacity(HEADER_BYTES_MAX + payload.len());
        bytes.put_u8(0x80 | opcode as u8);
        match payload.len() {
            short @ 0..126 => bytes.put_u8(short as u8),
            middle @ 126..0x1_0000 => {
                bytes.put_u8(126);
                bytes.put_u16(middle as u16);
            }
            long => {
                bytes.put_u8(127);
                bytes.put_u64(long as u64);
            }
        }
        bytes.put_slice(payload);
        Self(bytes.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_takes_as_few_bytes_as_it_can() {
        for (length, header) in [
            (0, &[0x82, 0][..]),
            (125, &[0x82, 125]),
            (126, &[0x82, 126, 0, 126]),
            (65_535, &[0x82, 126, 255, 255]),
            (65_536, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = Frame::binary(&vec![7; length]);
            assert_eq!(&frame.bytes()[..header.len()], header);
            assert_eq!(frame.bytes().len(), header.len() + length);
        }
        assert_eq!(&Frame::text(b"hi").bytes()[..], b"\x81\x02hi");
    }

    #[test]
    fn a_close_carries_its_code_and_what_fits_of_its_reason() {
        assert_eq!(&Frame::close(None, "").bytes()[..], &[0x88, 0]);
        assert_eq!(&Frame::close(Some(1001), "bye").bytes()[..], b"\x88\x05\x03\xe9bye");
        assert_eq!(Frame::close(Some(1000), &"x".repeat(500)).bytes().len(), 2 + 125);
    }
}
