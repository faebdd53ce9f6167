//! Plain text, and whatever else is text.

use crate::writer::TextWriter;
use crate::{ExtractError, Extracted, Limits, charset};
use octavo_domain_documents::MediaType;

/// Of a thousand bytes, so many may be control characters in something that is text.
const CONTROL_PER_MILLE_MAX: usize = 20;

/// The text, decoded; its lines are kept.
pub(crate) fn extract(bytes: &[u8], limits: &Limits) -> Result<Extracted, ExtractError> {
    if is_binary(bytes) {
        return Err(ExtractError::corrupt(MediaType::Text, "it holds binary data"));
    }
    let mut writer = TextWriter::new(limits.text_bytes_max);
    writer.push_lines(&charset::decode(bytes));
    let (text, truncated) = writer.finish();
    Ok(Extracted { text, truncated, ..Extracted::default() })
}

/// Whether the bytes are no text in any encoding that is read here.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    if charset::is_utf16(bytes) {
        return false;
    }
    if bytes.contains(&0) {
        return true;
    }
    // ESC, backspace and form feed stand in terminal logs and in old manuals.
    let odd = |byte: &&u8| matches!(byte, 0x01..=0x07 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
    let control = bytes.iter().filter(odd).count();
    control * 1000 > bytes.len() * CONTROL_PER_MILLE_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept() {
        let found = extract(b"First  line\r\n\r\n second\n", &Limits::default()).unwrap();
        assert_eq!((found.text.as_str(), found.title, found.truncated), ("First line\nsecond", None, false));
    }

    #[test]
    fn binary_data_is_refused() {
        for bytes in [&b"a\0b"[..], b"\x01\x02\x03\x04", b"\x7fELF\x02\x01\x01\x00"] {
            assert!(matches!(extract(bytes, &Limits::default()), Err(ExtractError::Corrupt { .. })), "{bytes:?}");
        }
        assert!(extract(b"", &Limits::default()).is_ok());
    }

    #[test]
    fn the_limit_cuts() {
        let found =
            extract("wort ".repeat(100).as_bytes(), &Limits { text_bytes_max: 50, ..Limits::default() }).unwrap();
        assert!(found.truncated && found.text.len() <= 50);
    }
}
