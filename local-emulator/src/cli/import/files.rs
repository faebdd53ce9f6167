//! Which files of a folder are imported.

use ignore::WalkBuilder;
use std::path::{Path, PathBuf};

/// A file that may be a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its path below the imported folder, with `/`.
    pub(super) relative: String,
    /// How it is to be read.
    pub(super) kind: Kind,
}

/// How a file is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As it is, announced with this media type.
    Plain(&'static str),
    /// A manual page: roff, sent as the text that it stands for.
    Manual,
    /// Compressed by gzip; what it holds is announced with this media type.
    Gzip(&'static str),
    /// A manual page, compressed by gzip.
    GzipManual,
}

/// Every file below `folder` whose name says that it is Markdown, HTML, text, PDF, DOCX or a manual page, in the order of
/// their paths, and how many others there are. Links to folders are not followed: they lead out, or round in circles.
pub(super) fn find(folder: &Path) -> anyhow::Result<(Vec<Candidate>, usize)> {
    let mut found = Vec::new();
    let mut others = 0;
    let walk = WalkBuilder::new(folder)
        .standard_filters(false)
        .hidden(true)
        .follow_links(false)
        .sort_by_file_path(Path::cmp)
        .build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if found.is_empty() && others == 0 => return Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "a folder cannot be read");
                continue;
            }
        };
        // A link to a file is taken as the file; documentation folders are full of them.
        if !entry.path().is_file() {
            continue;
        }
        match kind(&entry.file_name().to_string_lossy()) {
            Some(kind) => {
                let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
                found.push(Candidate {
                    path: entry.path().to_owned(),
                    relative: relative.to_string_lossy().into_owned(),
                    kind,
                });
            }
            None => others += 1,
        }
    }
    Ok((found, others))
}

fn kind(name: &str) -> Option<Kind> {
    let lower = name.to_ascii_lowercase();
    if let Some(inner) = lower.strip_suffix(".gz") {
        return match plain(inner) {
            Some(media_type) if media_type.starts_with("text/") => Some(Kind::Gzip(media_type)),
            _ if is_manual(inner) => Some(Kind::GzipManual),
            _ => None,
        };
    }
    match plain(&lower) {
        Some(media_type) => Some(Kind::Plain(media_type)),
        None if is_manual(&lower) => Some(Kind::Manual),
        None => None,
    }
}

fn plain(name: &str) -> Option<&'static str> {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    match extension {
        "md" | "markdown" | "mkd" => Some("text/markdown"),
        "html" | "htm" | "xhtml" => Some("text/html"),
        "txt" | "text" | "rst" | "adoc" | "asciidoc" | "org" | "log" | "csv" => Some("text/plain"),
        "pdf" => Some("application/pdf"),
        "docx" => Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        // Documentation folders hold texts whose names are words.
        "" | "debian"
            if matches!(
                stem,
                "readme"
                    | "changelog"
                    | "copyright"
                    | "news"
                    | "todo"
                    | "authors"
                    | "changes"
                    | "license"
                    | "licence"
                    | "faq"
                    | "install"
                    | "thanks"
            ) =>
        {
            Some("text/plain")
        }
        _ => None,
    }
}

/// `ls.1`, `printf.3posix`: a name, a dot and a section.
fn is_manual(name: &str) -> bool {
    match name.rsplit_once('.') {
        Some((stem, section)) => {
            !stem.is_empty()
                && section.len() <= 10
                && section.as_bytes().first().is_some_and(|byte| (b'1'..=b'9').contains(byte))
                && section[1..].bytes().all(|byte| byte.is_ascii_lowercase())
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_files_are() {
        assert_eq!(kind("README.md"), Some(Kind::Plain("text/markdown")));
        assert_eq!(kind("Index.HTML"), Some(Kind::Plain("text/html")));
        assert_eq!(kind("copyright"), Some(Kind::Plain("text/plain")));
        assert_eq!(kind("changelog.Debian.gz"), Some(Kind::Gzip("text/plain")));
        assert_eq!(kind("ls.1.gz"), Some(Kind::GzipManual));
        assert_eq!(kind("printf.3posix"), Some(Kind::Manual));
        for other in ["a.png", "lib.so.1.gz2", "book.pdf.gz", "x.tar.gz", ".1", "libc.so.6x.y"] {
            assert_eq!(kind(other), None, "{other}");
        }
    }

    #[test]
    fn a_folder_is_walked_in_order() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("b")).unwrap();
        for name in ["b/two.md", "a.txt", "c.png", ".hidden.md"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let (found, others) = find(folder.path()).unwrap();
        let names: Vec<&str> = found.iter().map(|candidate| candidate.relative.as_str()).collect();
        assert_eq!((names, others), (vec!["a.txt", "b/two.md"], 1));
        assert!(find(&folder.path().join("nowhere")).is_err());
    }
}
