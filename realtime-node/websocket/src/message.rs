//! A message that comes in parts.

use crate::Violation;
use bytes::Bytes;

/// What has come of it.
#[derive(Debug)]
pub(crate) struct Message {
    text: bool,
    bytes: Vec<u8>,
    /// So many bytes of a text are known to be UTF-8; behind them is at most a part of a character.
    checked: usize,
}

impl Message {
    pub(crate) fn new(text: bool) -> Self {
        Self { text, bytes: Vec::new(), checked: 0 }
    }

    pub(crate) fn is_text(&self) -> bool {
        self.text
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends a part. A text fails at the first byte that no UTF-8 goes on with, not when it is whole.
    pub(crate) fn append(&mut self, part: &[u8]) -> Result<(), Violation> {
        self.bytes.extend_from_slice(part);
        if !self.text {
            return Ok(());
        }
        match std::str::from_utf8(&self.bytes[self.checked..]) {
            Ok(rest) => self.checked += rest.len(),
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(_) => return Err(Violation::NotUtf8),
        }
        Ok(())
    }

    /// What has come so far, to the last whole character; the rest follows. None where there is nothing.
    pub(crate) fn piece(&mut self) -> Option<Bytes> {
        let whole = if self.text { self.checked } else { self.bytes.len() };
        if whole == 0 {
            return None;
        }
        let rest = self.bytes.split_off(whole);
        self.checked = 0;
        Some(std::mem::replace(&mut self.bytes, rest).into())
    }

    /// The whole message, or what was not taken of it. A text must not end within a character.
    pub(crate) fn finish(self) -> Result<Bytes, Violation> {
        if self.text && self.checked != self.bytes.len() {
            return Err(Violation::NotUtf8);
        }
        Ok(self.bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_fails_at_the_byte_that_is_wrong() {
        let mut message = Message::new(true);
        message.append("κό".as_bytes()).unwrap();
        message.append(b"\xf4").unwrap();
        // U+110000 and above do not exist: F4 can only go on with 80 to 8F.
        assert_eq!(message.append(b"\x90"), Err(Violation::NotUtf8));
    }

    #[test]
    fn a_text_may_be_cut_within_a_character_but_not_end_there() {
        let bytes = "𝄞".as_bytes();
        let mut message = Message::new(true);
        for byte in &bytes[..3] {
            message.append(&[*byte]).unwrap();
        }
        message.append(&bytes[3..]).unwrap();
        assert_eq!(message.finish().unwrap(), bytes);

        let mut message = Message::new(true);
        message.append(&bytes[..3]).unwrap();
        assert_eq!(message.finish(), Err(Violation::NotUtf8));
    }

    #[test]
    fn a_piece_of_a_text_ends_with_a_character() {
        let mut message = Message::new(true);
        message.append(b"a\xf0\x9d").unwrap();
        assert_eq!(message.piece().unwrap(), "a");
        assert_eq!(message.piece(), None);
        message.append(b"\x84\x9eb").unwrap();
        assert_eq!(message.finish().unwrap(), "𝄞b");
    }
}
