//! Compressed streams, measured before anybody inflates them into memory.

use crate::ExtractError;
use flate2::bufread::ZlibDecoder;
use pdf_extract::{Document, Object};
use std::io::Read;

/// Compression inside of compression: real files use one layer.
const LAYERS_MAX: usize = 3;

/// Measures everything between `stream` and wherever its compressed data ends, before the file is parsed (parsing already
/// inflates object streams).
pub(super) fn check(bytes: &[u8], limit: u64) -> Result<(), ExtractError> {
    const KEYWORD: &[u8] = b"stream";
    let (mut room, mut at) = (limit, 0);
    while let Some(found) = bytes[at..].windows(KEYWORD.len()).position(|window| window == KEYWORD) {
        let start = at + found + KEYWORD.len();
        if !bytes[..at + found].ends_with(b"end") {
            let data = &bytes[start..];
            let data = data.strip_prefix(b"\r").unwrap_or(data);
            measure(data.strip_prefix(b"\n").unwrap_or(data), &mut room, limit)?;
        }
        at = start;
    }
    Ok(())
}

/// The same for the streams of a document, which may only now be decrypted.
pub(super) fn check_streams(document: &Document, limit: u64) -> Result<(), ExtractError> {
    let mut room = limit;
    for object in document.objects.values() {
        if let Object::Stream(stream) = object {
            measure(&stream.content, &mut room, limit)?;
        }
    }
    Ok(())
}

fn measure(data: &[u8], room: &mut u64, limit: u64) -> Result<(), ExtractError> {
    let mut layer = inflate(data, room, limit)?;
    for _ in 1..LAYERS_MAX {
        if layer.is_empty() {
            return Ok(());
        }
        layer = inflate(&layer, room, limit)?;
    }
    match layer.is_empty() {
        true => Ok(()),
        false => Err(ExtractError::TooLarge { limit: LAYERS_MAX as u64 - 1, unit: "layers of compression" }),
    }
}

/// What `data` inflates to; empty if it is not compressed. Counted against `room`.
fn inflate(data: &[u8], room: &mut u64, limit: u64) -> Result<Vec<u8>, ExtractError> {
    // The header of RFC 1950: method 8, and a multiple of 31. Nearly everything else is told apart without an attempt.
    let is_zlib = data.len() > 2 && data[0] & 0x0f == 8 && (u16::from(data[0]) * 256 + u16::from(data[1])) % 31 == 0;
    let mut inflated = Vec::new();
    if is_zlib {
        // An error at the end of damaged data still leaves what came before it, as a lenient reader would read it.
        let _ = ZlibDecoder::new(data).take(*room + 1).read_to_end(&mut inflated);
    }
    match room.checked_sub(inflated.len() as u64) {
        Some(left) => {
            *room = left;
            Ok(inflated)
        }
        None => Err(ExtractError::TooLarge { limit, unit: "inflated bytes" }),
    }
}
