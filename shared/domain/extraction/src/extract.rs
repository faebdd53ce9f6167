//! The one entry: bytes of a known format in, text out.

use crate::{ExtractError, Limits, docx, html, markdown, pdf, text};
use chrono::{DateTime, Utc};
use octavo_domain_documents::MediaType;

/// What was found in a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extracted {
    /// The document's own title, one line.
    pub title: Option<String>,
    /// Its text: one line a block, blanks collapsed, no control characters but the line feed.
    pub text: String,
    /// Its headings, in order.
    pub headings: Vec<String>,
    /// Its language, where the document declares it (BCP 47).
    pub language: Option<String>,
    /// Its author, where the document declares one.
    pub author: Option<String>,
    /// When it was written, where the document declares it.
    pub created: Option<DateTime<Utc>>,
    /// Whether text was left out because of a limit.
    pub truncated: bool,
    /// What a person should know of the text, for example that there is none because the pages are images.
    pub note: Option<String>,
}

/// The text of `bytes`, which are of the format `media_type` ([`crate::detect`] tells).
///
/// # Errors
/// [`ExtractError`]; never for a document that has merely no text.
pub fn extract(media_type: MediaType, bytes: &[u8], limits: &Limits) -> Result<Extracted, ExtractError> {
    match media_type {
        MediaType::Markdown => markdown::extract(bytes, limits),
        MediaType::Html => Ok(html::extract(bytes, limits)),
        MediaType::Text => text::extract(bytes, limits),
        MediaType::Pdf => pdf::extract(bytes, limits),
        MediaType::Docx => docx::extract(bytes, limits),
    }
}
