//! Text out of documents.

use octavo_domain_documents::MediaType;
use octavo_domain_extraction::{Extracted, Limits, detect, extract};

/// Small, so that inputs of a few kilobytes meet them.
const LIMITS: Limits = Limits {
    text_bytes_max: 2_000,
    title_chars_max: 40,
    headings_max: 8,
    heading_chars_max: 30,
    pdf_pages_max: 4,
    inflated_bytes_max: 256 * 1024,
    archive_entries_max: 64,
};

pub(crate) fn markdown(bytes: &[u8]) {
    read(MediaType::Markdown, bytes);
    read(MediaType::Text, bytes);
}

pub(crate) fn html(bytes: &[u8]) {
    read(MediaType::Html, bytes);
}

pub(crate) fn pdf(bytes: &[u8]) {
    read(MediaType::Pdf, bytes);
}

pub(crate) fn docx(bytes: &[u8]) {
    read(MediaType::Docx, bytes);
}

/// Panics where what comes out is over a limit or holds what no text may hold, or where the same bytes say something else
/// the second time.
fn read(media_type: MediaType, bytes: &[u8]) {
    // Whatever it says, it says it of any bytes.
    let _ = detect(Some("a.md"), None, bytes);
    let _ = detect(None, Some(media_type.as_str()), bytes);
    let first = extract(media_type, bytes, &LIMITS);
    if let Ok(extracted) = &first {
        judge(extracted);
    }
    assert_eq!(extract(media_type, bytes, &LIMITS), first, "the same bytes, read again");
}

fn judge(extracted: &Extracted) {
    let Extracted { title, text, headings, language, author, .. } = extracted;
    assert!(text.len() <= LIMITS.text_bytes_max, "{} bytes of text", text.len());
    assert!(headings.len() <= LIMITS.headings_max, "{} headings", headings.len());
    let longest = headings.iter().map(|heading| heading.chars().count()).max().unwrap_or_default();
    assert!(longest <= LIMITS.heading_chars_max, "a heading of {longest} characters");
    assert!(title.as_ref().is_none_or(|title| title.chars().count() <= LIMITS.title_chars_max), "{title:?}");
    assert!(!text.contains(|char: char| char.is_control() && char != '\n'), "a control character in the text");
    for line in headings.iter().chain(title).chain(language).chain(author) {
        assert!(!line.contains(char::is_control), "a control character in {line:?}");
    }
}
