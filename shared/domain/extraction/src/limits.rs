//! How much an extraction may take and give.

/// Limits of one extraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of extracted text; what follows is left out and [`crate::Extracted::truncated`] is set.
    pub text_bytes_max: usize,
    /// Characters of the title; cut.
    pub title_chars_max: usize,
    /// Headings; the first ones are kept.
    pub headings_max: usize,
    /// Characters of one heading; cut.
    pub heading_chars_max: usize,
    /// Pages of a PDF that are read; the text is truncated after them.
    pub pdf_pages_max: usize,
    /// Bytes that a compressed format may inflate to, all parts together; beyond it the document is refused.
    pub inflated_bytes_max: u64,
    /// Entries of an archive; beyond it the document is refused.
    pub archive_entries_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_bytes_max: 1024 * 1024,
            title_chars_max: 512,
            headings_max: 256,
            heading_chars_max: 256,
            pdf_pages_max: 2000,
            inflated_bytes_max: 64 * 1024 * 1024,
            archive_entries_max: 4096,
        }
    }
}
