//! Images in a prompt: told by their first bytes, measured without being decoded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::tokens;

/// An image of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Image {
    Inline { kind: &'static str, width: u32, height: u32 },
    Linked(String),
}

/// Why an inline image was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unusable {
    Base64,
    Format,
}

impl Image {
    /// Base64 of a PNG, JPEG, GIF or WebP file.
    pub(crate) fn inline(base64: &str) -> Result<Self, Unusable> {
        let bytes = STANDARD.decode(base64).map_err(|_| Unusable::Base64)?;
        let (kind, width, height) = measure(&bytes).ok_or(Unusable::Format)?;
        Ok(Self::Inline { kind, width, height })
    }

    /// A data URL, or the address of an image.
    pub(crate) fn from_url(url: &str) -> Result<Self, Unusable> {
        let Some(rest) = url.strip_prefix("data:") else { return Ok(Self::Linked(url.to_owned())) };
        let (_, base64) = rest.split_once(";base64,").ok_or(Unusable::Base64)?;
        Self::inline(base64)
    }

    pub(crate) fn tokens(&self) -> usize {
        match self {
            Self::Inline { width, height, .. } => tokens::image_tokens(*width, *height),
            Self::Linked(_) => tokens::TOKENS_PER_LINKED_IMAGE,
        }
    }
}

/// Media type, width and height in pixels.
fn measure(bytes: &[u8]) -> Option<(&'static str, u32, u32)> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(("image/png", be32(bytes, 16)?, be32(bytes, 20)?));
    }
    if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        return Some(("image/gif", le16(bytes, 6)?, le16(bytes, 8)?));
    }
    if bytes.starts_with(b"\xff\xd8") {
        return jpeg(bytes).map(|(width, height)| ("image/jpeg", width, height));
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return webp(bytes).map(|(width, height)| ("image/webp", width, height));
    }
    None
}

/// Walks the segments to the start of frame (ITU T.81, B.2.2).
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        while *bytes.get(at)? != 0xff {
            at += 1;
        }
        while *bytes.get(at)? == 0xff {
            at += 1;
        }
        let marker = *bytes.get(at)?;
        at += 1;
        match marker {
            // DHT, JPG and DAC share the range of the frames.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some((be16(bytes, at + 5)?, be16(bytes, at + 3)?));
            }
            0x01 | 0xd0..=0xd8 => {}
            _ => at += be16(bytes, at)? as usize,
        }
    }
}

/// The three kinds of WebP (RFC 9649, section 2).
fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8 " => Some((le16(bytes, 26)? & 0x3fff, le16(bytes, 28)? & 0x3fff)),
        b"VP8L" => {
            let bits = le32(bytes, 21)?;
            Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
        }
        b"VP8X" => Some(((le32(bytes, 24)? & 0xff_ffff) + 1, (le32(bytes, 26)? >> 8) + 1)),
        _ => None,
    }
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?).into())
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_tells_its_size() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 0, 4, 0, 0, 1, 2]);
        assert_eq!(measure(&png), Some(("image/png", 4, 258)));
        assert_eq!(measure(b"GIF89a\x05\0\x06\x01"), Some(("image/gif", 5, 262)));
        let jpeg = [&b"\xff\xd8\xff\xe0\0\x04ab"[..], b"\xff\xc4\0\x03a", b"\xff\xc0\0\x11\x08\0\x07\0\x09"].concat();
        assert_eq!(measure(&jpeg), Some(("image/jpeg", 9, 7)));
        let extended = [&b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0"[..], &[9, 0, 0, 19, 0, 0]].concat();
        assert_eq!(measure(&extended), Some(("image/webp", 10, 20)));
        let lossless = [&b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f"[..], &[3, 0x40, 0, 0]].concat();
        assert_eq!(measure(&lossless), Some(("image/webp", 4, 2)));
        let lossy = [&b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a"[..], &[8, 0, 9, 0]].concat();
        assert_eq!(measure(&lossy), Some(("image/webp", 8, 9)));
    }

    #[test]
    fn what_is_no_image_is_told_from_what_is_no_base64() {
        assert_eq!(Image::from_url("data:image/png;base64,%%%"), Err(Unusable::Base64));
        assert_eq!(Image::from_url("data:image/png;base64,aGVsbG8="), Err(Unusable::Format));
        assert_eq!(Image::from_url("data:image/png,hello"), Err(Unusable::Base64));
        assert_eq!(Image::from_url("https://x/y.png"), Ok(Image::Linked("https://x/y.png".into())));
        assert_eq!(measure(b"\xff\xd8\xff"), None);
    }
}
