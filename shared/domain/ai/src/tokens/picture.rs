//! Tokens of pictures and files.

use crate::{File, Image};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A picture whose size is not known, such as one that the provider fetches: about one of 1920 x 1080.
pub(super) const UNKNOWN_PICTURE: u64 = 3_000;
/// What a picture costs beside its patches.
const PICTURE_EXTRA: u64 = 80;
/// Side of a patch, in pixels, and most of them: Anthropic's models of version 5.5.
const ANTHROPIC_SIDE: u64 = 28;
const ANTHROPIC_PATCHES_MAX: u64 = 4_000;
/// The same for OpenAI's models of version 6, whose patches cost 1.2 tokens each; most of them by `detail`.
const OPENAI_SIDE: u64 = 32;
const OPENAI_PATCHES_MAX: u64 = 12_000;
const OPENAI_PATCHES_HIGH_MAX: u64 = 2_500;
const OPENAI_PATCHES_LOW_MAX: u64 = 256;
/// Segments of a JPEG that are skipped on the way to its size: more than that is no picture.
const JPEG_SEGMENTS_MAX: usize = 512;

/// Bytes of a PDF that are taken for a page, and what a page costs: its text, and a picture of it.
const PDF_PAGE_BYTES: u64 = 50_000;
const PDF_PAGE_TOKENS: u64 = 3_000;
/// Bytes of a text that are a token at least.
const TEXT_BYTES: u64 = 3;
/// Bytes of any other file, which is mostly compressed text.
const OTHER_BYTES: u64 = 4;

/// The dearer of what the two makers ask for a picture of this size, since which of them answers is not known yet: its area
/// in patches of 28 pixels (Anthropic), or in patches of 32 pixels at 1.2 tokens (OpenAI), each up to a most. The figures
/// are those that others measured in the autumn of 2026; older models of both ask for less.
pub(super) fn image(image: &Image) -> u64 {
    match image {
        Image::Url { .. } => UNKNOWN_PICTURE,
        Image::Data { base64, detail, .. } => {
            size(base64).map_or(UNKNOWN_PICTURE, |(width, height)| of_size(width, height, detail.as_deref()))
        }
    }
}

fn of_size(width: u32, height: u32, detail: Option<&str>) -> u64 {
    let patches = |side: u64| u64::from(width).div_ceil(side) * u64::from(height).div_ceil(side);
    let most = match detail {
        Some("low") => OPENAI_PATCHES_LOW_MAX,
        Some("high") => OPENAI_PATCHES_HIGH_MAX,
        _ => OPENAI_PATCHES_MAX,
    };
    let anthropic = patches(ANTHROPIC_SIDE).min(ANTHROPIC_PATCHES_MAX);
    let openai = (patches(OPENAI_SIDE).min(most) * 6).div_ceil(5);
    PICTURE_EXTRA + anthropic.max(openai)
}

/// By its size: a page's worth for every 50,000 bytes of a PDF, a token for three bytes of text, for four of anything else.
pub(super) fn file(file: &File) -> u64 {
    let bytes = file.base64.len() as u64 / 4 * 3;
    match file.media_type.as_str() {
        "application/pdf" => bytes.div_ceil(PDF_PAGE_BYTES).max(1) * PDF_PAGE_TOKENS,
        text if text.starts_with("text/") || text == "application/json" => bytes.div_ceil(TEXT_BYTES),
        _ => bytes.div_ceil(OTHER_BYTES),
    }
}

/// Width and height of a PNG, GIF, WebP or JPEG, from its head. Only the few bytes that are looked at are decoded.
fn size(base64: &str) -> Option<(u32, u32)> {
    let data = Base64Bytes(base64.as_bytes());
    match data.read::<12>(0)? {
        [0x89, b'P', b'N', b'G', ..] => Some((data.big(16, 4)?, data.big(20, 4)?)),
        [b'G', b'I', b'F', ..] => Some((data.little(6, 2)?, data.little(8, 2)?)),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => webp(&data),
        [0xff, 0xd8, ..] => jpeg(&data),
        _ => None,
    }
}

/// RFC 9649, section 2: lossy, lossless and extended.
fn webp(data: &Base64Bytes<'_>) -> Option<(u32, u32)> {
    match &data.read::<4>(12)? {
        b"VP8 " => Some((data.little(26, 2)? & 0x3fff, data.little(28, 2)? & 0x3fff)),
        b"VP8L" => {
            let packed = data.little(21, 4)?;
            Some(((packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => Some((data.little(24, 3)? + 1, data.little(27, 3)? + 1)),
        _ => None,
    }
}

/// ITU-T T.81, annex B: from segment to segment up to the frame's header.
fn jpeg(data: &Base64Bytes<'_>) -> Option<(u32, u32)> {
    let mut at = 2;
    for _ in 0..JPEG_SEGMENTS_MAX {
        let [0xff, marker] = data.read::<2>(at)? else { return None };
        match marker {
            // A filling byte; marks without a length.
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            // Frame headers, but not the tables whose marks lie between theirs.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some((data.big(at + 7, 2)?, data.big(at + 5, 2)?));
            }
            _ => at += 2 + usize::try_from(data.big(at + 2, 2)?).ok()?,
        }
    }
    None
}

struct Base64Bytes<'a>(&'a [u8]);

impl Base64Bytes<'_> {
    fn read<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        let (first, last) = (at / 3, (at + N).div_ceil(3));
        // At most 12 bytes are read, which touch at most five groups.
        let mut decoded = [0; 15];
        let groups = self.0.get(first * 4..(last * 4).min(self.0.len()))?;
        let length = STANDARD.decode_slice(groups, &mut decoded).ok()?;
        decoded[..length].get(at % 3..at % 3 + N)?.try_into().ok()
    }

    fn big(&self, at: usize, bytes: usize) -> Option<u32> {
        (at..at + bytes).try_fold(0, |value, place| Some(value << 8 | u32::from(self.read::<1>(place)?[0])))
    }

    fn little(&self, at: usize, bytes: usize) -> Option<u32> {
        (at..at + bytes).rev().try_fold(0, |value, place| Some(value << 8 | u32::from(self.read::<1>(place)?[0])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(bytes: &[u8]) -> Option<(u32, u32)> {
        // Whatever follows is not looked at, and need not be Base64.
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len().next_multiple_of(3) + 30, 0);
        let text = STANDARD.encode(padded);
        assert_eq!(size(&text), size(&format!("{text}?????")));
        size(&text)
    }

    #[test]
    fn every_format_says_its_size() {
        let png = [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], &640_u32.to_be_bytes(), &480_u32.to_be_bytes()].concat();
        assert_eq!(head(&png), Some((640, 480)));
        assert_eq!(head(b"GIF89a\x80\x02\xe0\x01"), Some((640, 480)));
        assert_eq!(head(b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x80\x42\xe0\x41"), Some((640, 480)));
        assert_eq!(head(b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0"), Some((640, 480)));
        let lossless = (639_u32 | 479 << 14).to_le_bytes();
        assert_eq!(head(&[&b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f"[..], &lossless].concat()), Some((640, 480)));
    }

    #[test]
    fn a_jpegs_size_stands_behind_its_tables() {
        let exif = [&[0xff, 0xe1, 0xff, 0xfe][..], &vec![0x55; 0xfffc]].concat();
        let table = [0xff, 0xc4, 0, 3, 0];
        let frame = [0xff, 0xff, 0xc2, 0, 11, 8, 0x01, 0xe0, 0x02, 0x80, 3];
        let jpeg = [&[0xff, 0xd8][..], &exif, &table, &exif, &frame].concat();
        assert_eq!(head(&jpeg), Some((640, 480)));
        assert_eq!(head(&jpeg[..70_000]), None);
        assert_eq!(head(&[0xff, 0xd8].repeat(4_000)), None);
    }

    #[test]
    fn what_is_no_picture_is_told_by_the_fixed_figure() {
        for base64 in ["", "AAAA", "iVBORw0KGgo=", "!!!!!!!!!!!!!!!!!!!!!!!!", "ü".repeat(30).as_str()] {
            let data = Image::Data { media_type: "image/png".to_owned(), base64: base64.to_owned(), detail: None };
            assert_eq!(image(&data), UNKNOWN_PICTURE, "{base64}");
        }
    }

    #[test]
    fn the_dearer_maker_counts() {
        // 37 x 37 patches of 28; 32 x 32 patches of 32 would be 1,229.
        assert_eq!(of_size(1_024, 1_024, None), 80 + 1_369);
        // 126 x 95 patches of 32 at 1.2; Anthropic scales it down.
        assert_eq!(of_size(4_032, 3_024, None), 80 + 14_364);
        assert_eq!(of_size(4_032, 3_024, Some("high")), 80 + 4_000);
        assert_eq!(of_size(1, 1, Some("low")), 80 + 2);
        assert_eq!(of_size(u32::MAX, u32::MAX, None), 80 + 14_400);
    }

    #[test]
    fn files_count_by_their_size() {
        let of = |media_type: &str, bytes: usize| {
            file(&File { name: None, media_type: media_type.to_owned(), base64: STANDARD.encode(vec![0; bytes]) })
        };
        assert_eq!(of("application/pdf", 3), 3_000);
        assert_eq!(of("application/pdf", 150_000), 9_000);
        assert_eq!(of("text/csv", 3_000), 1_000);
        assert_eq!(of("application/zip", 3_000), 750);
    }
}
