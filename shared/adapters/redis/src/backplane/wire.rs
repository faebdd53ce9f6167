//! What stands before a payload on the wire and in a history.
//!
//! `0x00 payload`, or for a durable message `0x01 epoch SP offset LF payload`: text, because a script writes it.

use bytes::Bytes;
use octavo_domain_realtime::Position;

const EPHEMERAL: u8 = 0;
const DURABLE: u8 = 1;
/// Bytes of a header, at most: an epoch of 64 characters and 20 digits.
const HEADER_BYTES_MAX: usize = 88;

/// A message that is not kept.
pub(super) fn ephemeral(payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(payload.len() + 1);
    bytes.push(EPHEMERAL);
    bytes.extend_from_slice(payload);
    bytes
}

/// A message's payload, and its place if it has one. None for what no version of us wrote.
pub(super) fn open(bytes: &Bytes) -> Option<(Bytes, Option<Position>)> {
    match *bytes.first()? {
        EPHEMERAL => Some((bytes.slice(1..), None)),
        DURABLE => {
            let end = bytes.iter().take(HEADER_BYTES_MAX).position(|byte| *byte == b'\n')?;
            let position = position(std::str::from_utf8(&bytes[1..end]).ok()?)?;
            Some((bytes.slice(end + 1..), Some(position)))
        }
        _ => None,
    }
}

/// `epoch SP offset`.
pub(super) fn position(text: &str) -> Option<Position> {
    let (epoch, offset) = text.split_once(' ')?;
    let known = !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_alphanumeric());
    known.then_some(())?;
    Some(Position { epoch: epoch.to_owned(), offset: offset.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_comes_back_as_it_was() {
        for payload in [&b""[..], b"\0\x01 x\n", b"\xff"] {
            let (opened, place) = open(&ephemeral(payload).into()).unwrap();
            assert_eq!((opened.as_ref(), place), (payload, None));
            let durable = [b"\x01ab12 7\n", payload].concat();
            let place = Position { epoch: "ab12".to_owned(), offset: 7 };
            assert_eq!(open(&durable.into()).unwrap(), (Bytes::copy_from_slice(payload), Some(place)));
        }
    }

    #[test]
    fn what_nobody_of_us_wrote_is_passed_over() {
        let long = [b"\x01".as_slice(), &[b'a'; 200], b" 1\nx"].concat();
        for foreign in [&b""[..], b"hello", b"\x01", b"\x01a 1", b"\x01 1\nx", b"\x01a b\nx", b"\x01a-b 1\nx", &long] {
            assert_eq!(open(&Bytes::copy_from_slice(foreign)), None, "{foreign:?}");
        }
    }
}
