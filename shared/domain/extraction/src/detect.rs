//! Of which format some bytes are.

use crate::{ExtractError, charset, text};
use octavo_domain_documents::MediaType;

/// How far a PDF's header may lie from its beginning, in bytes: readers are that lenient.
const PDF_HEADER_BYTES: usize = 1024;

/// Formats that are recognised to be refused by their name.
const OTHERS: [(&[u8], &str); 17] = [
    (b"\x1f\x8b", "application/gzip"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"\x7fELF", "application/x-executable"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"{\\rtf", "application/rtf"),
    (b"%!PS", "application/postscript"),
    (b"wOF2", "font/woff2"),
    (b"wOFF", "font/woff"),
    (b"\0asm", "application/wasm"),
];

/// The format of `bytes`: by the bytes themselves where they tell, then by the extension of `file_name`, then by the
/// `declared` media type; what is then still unknown and is text is text.
///
/// # Errors
/// [`ExtractError::Unsupported`] with what it seems to be; [`ExtractError::Corrupt`] if name or declaration promise a
/// format that the bytes are not; [`ExtractError::Encrypted`] for a Word document under a password.
pub fn detect(file_name: Option<&str>, declared: Option<&str>, bytes: &[u8]) -> Result<MediaType, ExtractError> {
    let extension =
        file_name.and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension.to_ascii_lowercase());
    let extension = extension.as_deref();
    let declared = declared.map(|value| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let declared = declared.as_deref().filter(|value| !value.is_empty() && *value != "application/octet-stream");
    if contains(&bytes[..bytes.len().min(PDF_HEADER_BYTES)], b"%PDF-") && !is_markup(extension) {
        return Ok(MediaType::Pdf);
    }
    if let Some((_, name)) = OTHERS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        let docx = extension == Some("docx") || declared == Some(MediaType::Docx.as_str());
        // A package's entry names are not compressed, so they can be seen without opening it.
        return match *name {
            "application/zip" if contains(bytes, b"word/") && contains(bytes, b"[Content_Types].xml") => {
                Ok(MediaType::Docx)
            }
            // An encrypted package is wrapped into a compound file ([MS-OFFCRYPTO], section 2.3.1).
            "application/x-ole-storage" if docx => Err(ExtractError::Encrypted { format: MediaType::Docx }),
            _ if docx => Err(ExtractError::corrupt(MediaType::Docx, format!("it is {name}"))),
            other => Err(ExtractError::Unsupported { media_type: other.to_owned() }),
        };
    }
    let named = by_extension(extension).or_else(|| declared.and_then(by_declaration));
    match named {
        Some(Named::Text(media_type)) if !text::is_binary(bytes) => Ok(media_type),
        Some(Named::Text(media_type)) => Err(ExtractError::corrupt(media_type, "it holds binary data")),
        Some(Named::Binary(media_type)) => {
            Err(ExtractError::corrupt(media_type, "it does not begin as such a file begins"))
        }
        Some(Named::Other(media_type)) => Err(ExtractError::Unsupported { media_type }),
        None if text::is_binary(bytes) => {
            Err(ExtractError::Unsupported { media_type: "application/octet-stream".to_owned() })
        }
        None => Ok(if looks_like_html(bytes) { MediaType::Html } else { MediaType::Text }),
    }
}

enum Named {
    Text(MediaType),
    Binary(MediaType),
    Other(String),
}

fn by_extension(extension: Option<&str>) -> Option<Named> {
    match extension? {
        "md" | "markdown" | "mkd" | "mdown" => Some(Named::Text(MediaType::Markdown)),
        "html" | "htm" | "xhtml" => Some(Named::Text(MediaType::Html)),
        "txt" | "text" | "rst" | "adoc" | "asciidoc" | "org" | "csv" | "tsv" | "log" => {
            Some(Named::Text(MediaType::Text))
        }
        "pdf" => Some(Named::Binary(MediaType::Pdf)),
        "docx" => Some(Named::Binary(MediaType::Docx)),
        "gz" | "tgz" => Some(Named::Other("application/gzip".to_owned())),
        _ => None,
    }
}

fn by_declaration(declared: &str) -> Option<Named> {
    match declared {
        "text/markdown" | "text/x-markdown" => Some(Named::Text(MediaType::Markdown)),
        "text/html" | "application/xhtml+xml" => Some(Named::Text(MediaType::Html)),
        "application/pdf" => Some(Named::Binary(MediaType::Pdf)),
        "application/json" | "application/xml" | "application/yaml" | "application/toml" => {
            Some(Named::Text(MediaType::Text))
        }
        _ if declared == MediaType::Docx.as_str() => Some(Named::Binary(MediaType::Docx)),
        _ if declared.starts_with("text/") => Some(Named::Text(MediaType::Text)),
        _ => Some(Named::Other(declared.to_owned())),
    }
}

// A text about PDF may well show its header.
fn is_markup(extension: Option<&str>) -> bool {
    matches!(by_extension(extension), Some(Named::Text(_)))
}

fn looks_like_html(bytes: &[u8]) -> bool {
    let head = charset::decode(&bytes[..bytes.len().min(256)]).trim_start().to_ascii_lowercase();
    head.starts_with("<!doctype html") || head.starts_with("<html")
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(file_name: &str, declared: &str, bytes: &[u8]) -> Result<MediaType, ExtractError> {
        detect((!file_name.is_empty()).then_some(file_name), (!declared.is_empty()).then_some(declared), bytes)
    }

    #[test]
    fn bytes_then_extension_then_declaration() {
        assert_eq!(of("a.txt.bin", "text/plain", b"%PDF-1.7\n"), Ok(MediaType::Pdf));
        assert_eq!(of("about.md", "", b"%PDF-1.7 is how one begins"), Ok(MediaType::Markdown));
        assert_eq!(of("a.MD", "text/html", b"# A"), Ok(MediaType::Markdown));
        assert_eq!(of("README", "text/markdown; charset=utf-8", b"# A"), Ok(MediaType::Markdown));
        assert_eq!(of("page", "", b"\xef\xbb\xbf \n<!DOCTYPE HTML><p>"), Ok(MediaType::Html));
        assert_eq!(of("notes.rst", "application/octet-stream", b"A\n="), Ok(MediaType::Text));
        assert_eq!(of("", "", b"words"), Ok(MediaType::Text));
    }

    #[test]
    fn what_is_not_taken_is_named() {
        let unsupported = |name: &str| Err(ExtractError::Unsupported { media_type: name.to_owned() });
        assert_eq!(of("a.md.gz", "", b"\x1f\x8b\x08"), unsupported("application/gzip"));
        assert_eq!(of("a.gz", "", b"not even that"), unsupported("application/gzip"));
        assert_eq!(of("a", "", b"\x89PNG\r\n\x1a\n"), unsupported("image/png"));
        assert_eq!(of("a", "image/svg+xml", b"<svg/>"), unsupported("image/svg+xml"));
        assert_eq!(of("a", "", b"\x00\x01"), unsupported("application/octet-stream"));
        assert_eq!(of("a.zip", "", b"PK\x03\x04"), unsupported("application/zip"));
    }

    #[test]
    fn a_false_name_is_told() {
        assert!(matches!(of("a.txt", "", b"a\0b"), Err(ExtractError::Corrupt { format: MediaType::Text, .. })));
        assert!(matches!(of("a.pdf", "", b"hello"), Err(ExtractError::Corrupt { format: MediaType::Pdf, .. })));
        assert!(matches!(of("a.docx", "", b"PK\x03\x04"), Err(ExtractError::Corrupt { format: MediaType::Docx, .. })));
        let encrypted = of("a.docx", "", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
        assert_eq!(encrypted, Err(ExtractError::Encrypted { format: MediaType::Docx }));
    }
}
