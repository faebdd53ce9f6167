//! The y-protocols' messages: varints, length-prefixed bytes, several messages in one frame.
//!
//! The formats are those of y-protocols (`sync.js`, `awareness.js`, `auth.js`) over lib0's encoding.

use bytes::Bytes;

/// Messages in one frame. The stock clients send one or two.
pub const FRAME_MESSAGES_MAX: usize = 64;

const SYNC: u64 = 0;
const AWARENESS: u64 = 1;
const AUTH: u64 = 2;
const QUERY_AWARENESS: u64 = 3;
/// Between nodes only, and far from what clients have: a version was written.
const SAVED: u64 = 120;

const STEP_1: u64 = 0;
const STEP_2: u64 = 1;
const UPDATE: u64 = 2;
const PERMISSION_DENIED: u64 = 0;

/// Bytes that are not what the protocol says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a Yjs message: {0}")]
pub struct Malformed(pub &'static str);

/// A message. Its parts are not looked into here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// `[0, 0]`: a state vector; the difference to it is asked for.
    Step1(&'a [u8]),
    /// `[0, 1]`: an update that answers a step 1.
    Step2(&'a [u8]),
    /// `[0, 2]`: an update.
    Update(&'a [u8]),
    /// `[1]`: an awareness update.
    Awareness(&'a [u8]),
    /// `[2, 0]`: it may not do what it did.
    Denied(&'a str),
    /// `[3]`: everybody's awareness is asked for.
    QueryAwareness,
    /// `[120]`, only between nodes: the room's text was written as this version; the text's digest.
    Saved {
        /// The version.
        version: u32,
        /// See [`crate::text_digest`].
        digest: &'a [u8],
    },
    /// Something that is not known, with all that follows it in the frame: its length is not known either.
    Unknown(u64),
}

impl Message<'_> {
    /// As bytes of a frame.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        self.encode_into(&mut out);
        out.into()
    }

    /// Appends the bytes to a frame.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        let sync = |out: &mut Vec<u8>, kind, bytes: &[u8]| {
            out.reserve(bytes.len() + 8);
            write_varint(out, SYNC);
            write_varint(out, kind);
            write_bytes(out, bytes);
        };
        match self {
            Self::Step1(bytes) => sync(out, STEP_1, bytes),
            Self::Step2(bytes) => sync(out, STEP_2, bytes),
            Self::Update(bytes) => sync(out, UPDATE, bytes),
            Self::Awareness(bytes) => {
                write_varint(out, AWARENESS);
                write_bytes(out, bytes);
            }
            Self::Denied(reason) => {
                write_varint(out, AUTH);
                write_varint(out, PERMISSION_DENIED);
                write_bytes(out, reason.as_bytes());
            }
            Self::QueryAwareness => write_varint(out, QUERY_AWARENESS),
            Self::Saved { version, digest } => {
                write_varint(out, SAVED);
                write_varint(out, u64::from(*version));
                write_bytes(out, digest);
            }
            Self::Unknown(kind) => write_varint(out, *kind),
        }
    }
}

/// The messages of a frame, in order. Ends after the first error.
pub fn messages(frame: &[u8]) -> impl Iterator<Item = Result<Message<'_>, Malformed>> {
    let mut cursor = Cursor(frame);
    let mut count = 0;
    std::iter::from_fn(move || {
        if cursor.0.is_empty() {
            return None;
        }
        count += 1;
        let message = if count > FRAME_MESSAGES_MAX {
            Err(Malformed("too many messages in one frame"))
        } else {
            cursor.message()
        };
        if matches!(message, Err(_) | Ok(Message::Unknown(_))) {
            cursor.0 = &[];
        }
        Some(message)
    })
}

/// What is left to read.
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl<'a> Cursor<'a> {
    fn message(&mut self) -> Result<Message<'a>, Malformed> {
        Ok(match self.varint()? {
            SYNC => match self.varint()? {
                STEP_1 => Message::Step1(self.bytes()?),
                STEP_2 => Message::Step2(self.bytes()?),
                UPDATE => Message::Update(self.bytes()?),
                _ => return Err(Malformed("an unknown kind of sync message")),
            },
            AWARENESS => Message::Awareness(self.bytes()?),
            AUTH => {
                // Only a denial has a reason behind it; nobody sends anything else.
                let kind = self.varint()?;
                if kind == PERMISSION_DENIED { Message::Denied(self.text()?) } else { Message::Unknown(AUTH) }
            }
            QUERY_AWARENESS => Message::QueryAwareness,
            SAVED => {
                let version = u32::try_from(self.varint()?).map_err(|_| Malformed("a version that is too great"))?;
                Message::Saved { version, digest: self.bytes()? }
            }
            kind => Message::Unknown(kind),
        })
    }

    /// An unsigned varint of lib0: seven bits a byte, the lowest first.
    pub(crate) fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value: u64 = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first().ok_or(Malformed("it ends within a number"))?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            if bits.leading_zeros() < shift {
                return Err(Malformed("a number of more than 64 bits"));
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed("a number of more than 64 bits"))
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(self.varint()?).map_err(|_| Malformed("a length that is too great"))?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(Malformed("it ends within bytes"))?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed("text that is not UTF-8"))
    }
}

pub(crate) fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use yrs::sync::{Message as Theirs, SyncMessage};
    use yrs::updates::encoder::Encode;

    #[test]
    fn our_bytes_are_those_of_the_reference() {
        let pairs = [
            (Message::Step2(&[0, 0]), Theirs::Sync(SyncMessage::SyncStep2(vec![0, 0]))),
            (Message::Update(&[7; 300]), Theirs::Sync(SyncMessage::Update(vec![7; 300]))),
            (Message::Step1(&[0]), Theirs::Sync(SyncMessage::SyncStep1(yrs::StateVector::default()))),
            (Message::Denied("no"), Theirs::Auth(Some("no".to_owned()))),
            (Message::QueryAwareness, Theirs::AwarenessQuery),
        ];
        for (ours, theirs) in pairs {
            assert_eq!(ours.encode(), theirs.encode_v1());
        }
    }

    #[test]
    fn a_frame_may_hold_several_messages_and_what_is_unknown_is_passed_over() {
        let mut frame = Message::Step1(&[0]).encode().to_vec();
        Message::Awareness(&[0]).encode_into(&mut frame);
        write_varint(&mut frame, 9);
        frame.extend_from_slice(b"whatever");
        let read: Vec<_> = messages(&frame).collect();
        assert_eq!(read, [Ok(Message::Step1(&[0])), Ok(Message::Awareness(&[0])), Ok(Message::Unknown(9))]);
        let many = vec![3; FRAME_MESSAGES_MAX + 1];
        assert_eq!(messages(&many).filter(Result::is_err).count(), 1);
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_an_error_at_most(frame in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(messages(&frame).count() <= FRAME_MESSAGES_MAX + 1);
        }

        #[test]
        fn a_number_comes_back(value: u64) {
            let mut out = Vec::new();
            write_varint(&mut out, value);
            prop_assert_eq!(Cursor(&out).varint(), Ok(value));
        }

        #[test]
        fn a_message_comes_back(kind in 0..5, bytes in proptest::collection::vec(any::<u8>(), 0..300), version: u32) {
            let message = match kind {
                0 => Message::Step1(&bytes),
                1 => Message::Step2(&bytes),
                2 => Message::Update(&bytes),
                3 => Message::Awareness(&bytes),
                _ => Message::Saved { version, digest: &bytes },
            };
            let frame = message.encode();
            prop_assert_eq!(messages(&frame).collect::<Vec<_>>(), [Ok(message)]);
            for end in 1..frame.len() {
                prop_assert!(messages(&frame[..end]).last().is_some_and(|last| last.is_err()));
            }
        }
    }
}
