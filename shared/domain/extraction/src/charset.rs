//! Bytes to characters.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// How far into a page its declaration of a character encoding is looked for, in bytes (HTML, section 4.2.5.4).
const DECLARATION_BYTES: usize = 1024;

/// Decodes by byte order mark, else as UTF-8, else as windows-1252, which is what Latin-1 means in practice and maps
/// every byte.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    decode_as(bytes, None)
}

/// Decodes a page: by byte order mark, else as it declares, else as [`decode`].
pub(crate) fn decode_html(bytes: &[u8]) -> Cow<'_, str> {
    decode_as(bytes, declared(&bytes[..bytes.len().min(DECLARATION_BYTES)]))
}

fn decode_as<'a>(bytes: &'a [u8], declared: Option<&'static Encoding>) -> Cow<'a, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    // Valid UTF-8 that is not ASCII is never an accident; a wrong declaration is common.
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    declared.unwrap_or(WINDOWS_1252).decode_without_bom_handling(bytes).0
}

/// Whether the bytes begin with the mark of an encoding in which NUL bytes are ordinary.
pub(crate) fn is_utf16(bytes: &[u8]) -> bool {
    matches!(Encoding::for_bom(bytes), Some((encoding, _)) if encoding == UTF_16LE || encoding == UTF_16BE)
}

/// The encoding that `<meta charset=...>` or `<meta http-equiv=... content="...; charset=...">` names.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let lower = head.to_ascii_lowercase();
    let at = lower.windows(8).position(|window| window == b"charset=")? + 8;
    let label: Vec<u8> = lower[at..]
        .iter()
        .copied()
        .skip_while(|byte| matches!(byte, b'"' | b'\'' | b' '))
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'.'))
        .collect();
    let encoding = Encoding::for_label(&label)?;
    // A page whose declaration can be read as ASCII is not UTF-16, whatever it says (HTML, section 13.2.3.2).
    Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_then_utf8_then_latin1() {
        assert_eq!(decode(b"\xff\xfea\x00\xe4\x00"), "aä");
        assert_eq!(decode(b"\xef\xbb\xbf\xc3\xa4"), "ä");
        assert_eq!(decode("ä".as_bytes()), "ä");
        assert_eq!(decode(b"caf\xe9"), "café");
    }

    #[test]
    fn a_page_declares_its_encoding() {
        assert_eq!(decode_html(b"<meta charset=\"koi8-r\">\xc1"), "<meta charset=\"koi8-r\">а");
        assert_eq!(decode_html(b"<meta content='text/html; charset=shift_jis'>\x82\xa0").chars().last(), Some('あ'));
        assert_eq!(decode_html(b"<meta charset=nonsense>\xe9").chars().last(), Some('é'));
    }
}
