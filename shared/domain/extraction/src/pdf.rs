//! PDF (ISO 32000), by `pdf-extract`. That crate reads what is well-formed and panics or recurses on much that is not, so
//! what it would fall over is looked for first, and it runs page by page, each page's panic being that page's loss.

mod forms;
mod inflate;
mod output;

use crate::writer::{TextWriter, line};
use crate::{ExtractError, Extracted, Limits};
use chrono::{DateTime, TimeZone, Utc};
use octavo_domain_documents::MediaType;
use output::TextOutput;
use pdf_extract::{Dictionary, Document, Object, ObjectId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// Stack of the thread that reads a PDF, in bytes: object nesting within the parser's own limits must fit.
const STACK_BYTES: usize = 32 * 1024 * 1024;
/// Ancestors of a page in the page tree. Real trees have a handful.
const ANCESTORS_MAX: usize = 64;

/// The text of the pages, in their order.
pub(crate) fn extract(bytes: &[u8], limits: &Limits) -> Result<Extracted, ExtractError> {
    inflate::check(bytes, limits.inflated_bytes_max)?;
    let run = || catch_unwind(AssertUnwindSafe(|| read(bytes, limits)));
    let outcome = thread::scope(|scope| {
        match thread::Builder::new().name("pdf".to_owned()).stack_size(STACK_BYTES).spawn_scoped(scope, run) {
            Ok(reader) => reader.join().unwrap_or_else(Err),
            Err(_) => run(),
        }
    });
    outcome.unwrap_or_else(|_| Err(corrupt("its structure is broken")))
}

fn corrupt(detail: impl Into<String>) -> ExtractError {
    ExtractError::corrupt(MediaType::Pdf, detail)
}

fn read(bytes: &[u8], limits: &Limits) -> Result<Extracted, ExtractError> {
    let mut document = Document::load_mem(bytes).map_err(|error| {
        if matches!(error, pdf_extract::Error::Decryption(_) | pdf_extract::Error::InvalidPassword) {
            ExtractError::Encrypted { format: MediaType::Pdf }
        } else {
            corrupt(error.to_string())
        }
    })?;
    // Many are encrypted only to forbid printing: those open with the empty password.
    if document.is_encrypted() && document.decrypt("").is_err() {
        return Err(ExtractError::Encrypted { format: MediaType::Pdf });
    }
    inflate::check_streams(&document, limits.inflated_bytes_max)?;
    let pages = document.get_pages();
    if pages.is_empty() {
        return Err(corrupt("it has no pages"));
    }
    let mut writer = TextWriter::new(limits.text_bytes_max);
    let (mut read, mut failed) = (0usize, 0usize);
    for (&number, &page) in pages.iter().take(limits.pdf_pages_max) {
        if writer.is_full() {
            break;
        }
        read += 1;
        let done = is_safe(&document, page)
            && catch_unwind(AssertUnwindSafe(|| {
                // Stopping at the limit is an error to that crate, and none to us.
                let _ = pdf_extract::output_doc_page(&document, &mut TextOutput::new(&mut writer), number);
            }))
            .is_ok();
        failed += usize::from(!done);
        writer.end_line();
    }
    if failed == read {
        return Err(corrupt("none of its pages can be read"));
    }
    if pages.len() > limits.pdf_pages_max {
        writer.mark_truncated();
    }
    let (text, truncated) = writer.finish();
    let note = match (text.is_empty(), failed) {
        (true, _) => Some("it holds no text; its pages may be images".to_owned()),
        (false, 0) => None,
        (false, failed) => Some(format!("{failed} of its {} pages could not be read", pages.len())),
    };
    let info = information(&document);
    let text_of = |name: &[u8]| {
        let value = document.dereference(info?.get(name).ok()?).ok()?.1;
        pdf_extract::decode_text_string(value).ok()
    };
    Ok(Extracted {
        title: text_of(b"Title").and_then(|title| line(&title, limits.title_chars_max)),
        author: text_of(b"Author").and_then(|author| line(&author, limits.title_chars_max)),
        created: text_of(b"CreationDate").and_then(|date| time(&date)),
        text,
        truncated,
        note,
        ..Extracted::default()
    })
}

fn information(document: &Document) -> Option<&Dictionary> {
    document.dereference(document.trailer.get(b"Info").ok()?).ok()?.1.as_dict().ok()
}

/// A date such as `D:20240501120000+02'00'` (section 7.9.4); its zone is taken for UTC where it has none.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let digits: String = text.trim_start_matches("D:").chars().take_while(char::is_ascii_digit).collect();
    let number = |from: usize, to: usize, missing: u32| match digits.get(from..to) {
        Some(part) => part.parse::<u32>().ok(),
        None => Some(missing),
    };
    let year = i32::try_from(number(0, 4, 0)?).ok().filter(|&year| year > 0)?;
    let local = Utc
        .with_ymd_and_hms(
            year,
            number(4, 6, 1)?,
            number(6, 8, 1)?,
            number(8, 10, 0)?,
            number(10, 12, 0)?,
            number(12, 14, 0)?,
        )
        .single()?;
    let zone = text.trim_start_matches("D:").get(digits.len()..).unwrap_or_default();
    let part = |from: usize, to: usize| zone.get(from..to).and_then(|part| part.parse::<i64>().ok()).unwrap_or(0);
    let minutes = part(1, 3) * 60 + part(4, 6);
    Some(match zone.chars().next() {
        Some('+') => local - chrono::Duration::minutes(minutes),
        Some('-') => local + chrono::Duration::minutes(minutes),
        _ => local,
    })
}

/// Whether the page can be read without endless recursion: its ancestors end, and its forms do not draw themselves.
fn is_safe(document: &Document, page: ObjectId) -> bool {
    let Ok(mut node) = document.get_dictionary(page) else { return false };
    let mut ancestors = 0;
    while let Ok(parent) = node.get(b"Parent").and_then(Object::as_reference) {
        ancestors += 1;
        let Ok(parent) = document.get_dictionary(parent) else { break };
        if ancestors > ANCESTORS_MAX {
            return false;
        }
        node = parent;
    }
    forms::are_bounded(document, page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_may_be_partial() {
        assert_eq!(time("D:20240501120000+02'00'").unwrap().to_rfc3339(), "2024-05-01T10:00:00+00:00");
        assert_eq!(time("D:2024").unwrap().to_rfc3339(), "2024-01-01T00:00:00+00:00");
        for bad in ["", "yesterday", "D:0000", "D:20241399"] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }
}
