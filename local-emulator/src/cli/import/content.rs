//! What of a file is sent.

use super::files::{Candidate, Kind};
use flate2::read::MultiGzDecoder;
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
            let bytes = manual_text(&String::from_utf8_lossy(&bytes)).into_bytes();
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

/// The words of a manual page without its typesetting (man(7), mdoc(7)): enough to find and read it, no rendering.
fn manual_text(roff: &str) -> String {
    let mut text = String::with_capacity(roff.len());
    for line in roff.lines() {
        if line.starts_with(".\\\"") || line.starts_with("'\\\"") {
            continue;
        }
        let Some(request) = line.strip_prefix(['.', '\'']) else {
            plain_text(line, &mut text);
            text.push('\n');
            continue;
        };
        let (name, arguments) = request.trim_start().split_once(' ').unwrap_or((request, ""));
        match name {
            "SH" | "SS" | "Sh" | "Ss" => {
                text.push('\n');
                plain_text(&arguments.replace('"', ""), &mut text);
                text.push('\n');
            }
            // Definitions, conditions, fonts, spacing: nothing to read.
            "de" | "ds" | "nr" | "ie" | "el" | "if" | "ft" | "ad" | "nh" | "sp" | "ne" | "in" | "ti" | "ta" | "TH"
            | "Dd" | "Os" => {}
            _ => {
                plain_text(&arguments.replace('"', ""), &mut text);
                text.push('\n');
            }
        }
    }
    text
}

fn plain_text(line: &str, text: &mut String) {
    let mut rest = line;
    while let Some(position) = rest.find('\\') {
        text.push_str(&rest[..position]);
        rest = escape(&rest[position + 1..], text);
    }
    text.push_str(rest);
}

/// Writes what the escape stands for, returns what follows it.
fn escape<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let mut characters = rest.chars();
    match characters.next() {
        None => "",
        Some('-') => {
            text.push('-');
            characters.as_str()
        }
        Some('e' | '\\') => {
            text.push('\\');
            characters.as_str()
        }
        Some('f' | '*' | 'F' | 'n') => match characters.next() {
            Some('(') => characters.as_str().get(2..).unwrap_or_default(),
            Some('[') => characters.as_str().split_once(']').map_or("", |(_, after)| after),
            _ => characters.as_str(),
        },
        Some('(') => {
            let after = characters.as_str();
            match after.get(..2) {
                Some("aq" | "cq" | "oq") => text.push('\''),
                Some("lq" | "rq" | "dq") => text.push('"'),
                Some("em" | "en" | "mi" | "hy") => text.push('-'),
                Some("bu") => text.push('*'),
                Some("co") => text.push('©'),
                _ => {}
            }
            after.get(2..).unwrap_or_default()
        }
        Some('"') => "",
        Some('s') => {
            characters.as_str().trim_start_matches(['+', '-']).trim_start_matches(|c: char| c.is_ascii_digit())
        }
        Some(' ' | '~' | '0') => {
            text.push(' ');
            characters.as_str()
        }
        Some('&' | '/' | ',' | ':' | '%' | '|' | '^' | 'c') => characters.as_str(),
        Some(other) => {
            text.push(other);
            characters.as_str()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_manual_page_becomes_its_words() {
        let roff = ".\\\" a comment\n.TH LS 1\n.SH NAME\nls \\- list \\fIdirectory\\fR contents\n.B \\-\\-all\nDon\\(aqt ignore\n";
        assert_eq!(manual_text(roff), "\nNAME\nls - list directory contents\n--all\nDon't ignore\n");
    }

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
