//! What of a file is sent.

use super::files::{Candidate, Kind};
use flate2::read::MultiGzDecoder;
use octavo_domain_extraction::Manual;
use std::fs::File;
use std::io::Read;

/// Bytes of a file: the API takes no larger body.
const BYTES_MAX: u64 = octavo_domain_documents::BODY_BYTES_MAX as u64;

/// A document to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    pub(super) media_type: &'static str,
    pub(super) file_name: String,
    /// Set where the bytes do not tell it.
    pub(super) title: Option<String>,
}

/// Reads a file, or says in words for a person why it cannot be a document.
pub(super) fn read(candidate: &Candidate) -> Result<Content, String> {
    let file = File::open(&candidate.path).map_err(|error| error.to_string())?;
    let bytes = match candidate.kind {
        Kind::Plain(_) | Kind::Manual => bounded(file)?,
        Kind::Gzip(_) | Kind::GzipManual => bounded(MultiGzDecoder::new(file))?,
    };
    if bytes.is_empty() {
        return Err("it is empty".to_owned());
    }
    let name = candidate.path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name).to_owned();
    Ok(match candidate.kind {
        Kind::Plain(media_type) | Kind::Gzip(media_type) => {
            // "copyright" says nothing: the folder does.
            let title = (media_type == "text/plain" && !name.contains('.')).then(|| candidate.relative.clone());
            Content { bytes, media_type, file_name: name, title }
        }
        Kind::Manual | Kind::GzipManual => {
            let title = name.rsplit_once('.').map(|(stem, section)| format!("{stem}({section})"));
            let bytes = Manual::read(&String::from_utf8_lossy(&bytes)).text().into_bytes();
            Content { bytes, media_type: "text/plain", file_name: format!("{name}.txt"), title }
        }
    })
}

fn bounded(reader: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    reader.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(format!("it is larger than {} MiB", BYTES_MAX / (1024 * 1024)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_compressed_text_is_sent_as_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("changelog.Debian.gz");
        let mut encoder = flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        encoder.write_all(b"first release").unwrap();
        encoder.finish().unwrap();
        let candidate = Candidate {
            path: path.clone(),
            relative: "x/changelog.Debian.gz".to_owned(),
            kind: Kind::Gzip("text/plain"),
        };
        let content = read(&candidate).unwrap();
        assert_eq!(
            (content.bytes.as_slice(), content.file_name.as_str()),
            (b"first release".as_slice(), "changelog.Debian")
        );
        std::fs::write(&path, b"not gzip").unwrap();
        assert!(read(&candidate).is_err());
    }

    #[test]
    fn what_is_empty_or_too_large_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.md");
        let candidate =
            Candidate { path: path.clone(), relative: "a.md".to_owned(), kind: Kind::Plain("text/markdown") };
        std::fs::write(&path, "").unwrap();
        assert_eq!(read(&candidate).unwrap_err(), "it is empty");
        std::fs::write(&path, vec![b'x'; BYTES_MAX as usize + 1]).unwrap();
        assert!(read(&candidate).unwrap_err().contains("larger"));
    }
}
