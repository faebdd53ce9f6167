//! Pictures and files that stand in the request as `data:` URLs (RFC 2397), and pictures by address.

use crate::{File, Image};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What providers can see.
const IMAGE_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// An address of a picture has at most so many bytes.
const URL_BYTES_MAX: usize = 8_192;

/// Base64 is verified in pieces of so many characters, so that a picture of megabytes needs no second copy.
const PIECE_CHARS: usize = 4_096;

/// A picture by `https:`, `http:` or `data:` URL; else what is wrong with it.
pub(in crate::wire) fn image(url: &str, detail: Option<&str>) -> Result<Image, String> {
    let detail = detail.map(str::to_owned);
    if let Some((media_type, base64)) = split(url)? {
        let media_type = if media_type == "image/jpg" { "image/jpeg".to_owned() } else { media_type };
        if !IMAGE_TYPES.contains(&media_type.as_str()) {
            return Err(format!("expected a picture of type {}", IMAGE_TYPES.join(", ")));
        }
        return Ok(Image::Data { media_type, base64: base64.to_owned(), detail });
    }
    let known = ["https://", "http://"].iter().any(|scheme| starts_with(url, scheme) && url.len() > scheme.len());
    if known && url.len() <= URL_BYTES_MAX {
        Ok(Image::Url { url: url.to_owned(), detail })
    } else {
        Err(format!("expected an https: URL of at most {URL_BYTES_MAX} bytes, or a data: URL"))
    }
}

/// A file by `data:` URL, or by Base64 alone where the name tells that it is a PDF; else what is wrong with it.
pub(in crate::wire) fn file(data: &str, name: Option<&str>) -> Result<File, String> {
    let name = name.map(str::to_owned);
    if let Some((media_type, base64)) = split(data)? {
        return Ok(File { name, media_type, base64: base64.to_owned() });
    }
    match &name {
        Some(name) if name.to_ascii_lowercase().ends_with(".pdf") && is_base64(data) => {
            Ok(File { media_type: "application/pdf".to_owned(), base64: data.to_owned(), name: Some(name.clone()) })
        }
        _ => Err("expected a data: URL such as data:application/pdf;base64,...".to_owned()),
    }
}

/// A `data:` URL as media type (lower case, without parameters) and verified Base64; none if it is another URL.
fn split(url: &str) -> Result<Option<(String, &str)>, String> {
    if !starts_with(url, "data:") {
        return Ok(None);
    }
    let Some((head, base64)) = url["data:".len()..].split_once(',') else {
        return Err("a data: URL needs a comma before its data".to_owned());
    };
    let Some(head) = head.strip_suffix(";base64") else {
        return Err("expected a data: URL in Base64: data:TYPE;base64,...".to_owned());
    };
    let media_type = head.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media_type.is_empty() {
        return Err("expected a data: URL that says its media type".to_owned());
    }
    if !is_base64(base64) {
        return Err("the data are not valid standard Base64".to_owned());
    }
    Ok(Some((media_type, base64)))
}

fn starts_with(url: &str, scheme: &str) -> bool {
    url.as_bytes().get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
}

fn is_base64(text: &str) -> bool {
    let mut bytes = [0; PIECE_CHARS / 4 * 3];
    let last = text.len().div_ceil(PIECE_CHARS).saturating_sub(1);
    let mut pieces = text.as_bytes().chunks(PIECE_CHARS).enumerate();
    !text.is_empty()
        && pieces.all(|(index, piece)| match STANDARD.decode_slice(piece, &mut bytes) {
            // Only the last piece may be padded: fewer bytes in another one mean that a `=` stood in the middle.
            Ok(length) => index == last || length == bytes.len(),
            Err(_) => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_checked() {
        let png = image("DATA:image/PNG;charset=x;base64,iVBORw0KGgo=", Some("low")).unwrap();
        let Image::Data { media_type, base64, detail } = png else { panic!("{png:?}") };
        assert_eq!(
            (media_type.as_str(), base64.as_str(), detail.as_deref()),
            ("image/png", "iVBORw0KGgo=", Some("low"))
        );
        assert!(matches!(image("https://example.org/a.png", None), Ok(Image::Url { .. })));
        let jpeg = image("data:image/jpg;base64,AAAA", None);
        assert!(matches!(&jpeg, Ok(Image::Data { media_type, .. }) if media_type == "image/jpeg"), "{jpeg:?}");
        for wrong in [
            "",
            "https://",
            "file:///etc/passwd",
            "data:image/png;base64,",
            "data:image/png;base64,a",
            "data:image/png;base64,AA==AAAA",
            "data:image/png,AAAA",
            "data:image/svg+xml;base64,AAAA",
            "data:;base64,AAAA",
            "data:image/png;base64",
            "dätä:",
        ] {
            assert!(image(wrong, None).is_err(), "{wrong}");
        }
    }

    #[test]
    fn long_base64_is_verified_to_its_end() {
        let mut text = STANDARD.encode(vec![7; 100_000]);
        assert!(is_base64(&text));
        text.replace_range(PIECE_CHARS - 1..PIECE_CHARS, "=");
        assert!(!is_base64(&text));
        assert!(!is_base64(&format!("{}*", "A".repeat(PIECE_CHARS * 2 - 1))));
    }

    #[test]
    fn files_are_data_urls_or_named_pdfs() {
        assert_eq!(file("data:text/plain;base64,aGk=", None).unwrap().media_type, "text/plain");
        assert_eq!(file("JVBERg==", Some("Plan.PDF")).unwrap().media_type, "application/pdf");
        assert!(file("JVBERg==", Some("plan.docx")).is_err());
        assert!(file("no base64", Some("plan.pdf")).is_err());
    }
}
