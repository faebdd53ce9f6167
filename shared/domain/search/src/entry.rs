//! A document as the engine holds it.

use crate::Language;
use crate::limits::{INDEXED_CHARS_MAX, INDEXED_HEADINGS_MAX};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, Reader, TenantId, UserId};

/// Everything of a document that can be found, filtered, sorted or shown.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexEntry {
    /// Whose it is.
    pub tenant: TenantId,
    /// Which one.
    pub id: DocumentId,
    /// The engine's external version: a write with a lower or the same one changes nothing.
    pub revision: i64,
    /// Who may find it.
    pub readers: Vec<Reader>,
    /// What it is called.
    pub title: String,
    /// Its headings, if its format has such. The first [`INDEXED_HEADINGS_MAX`] are indexed.
    pub headings: Vec<String>,
    /// Its text. The first [`INDEXED_CHARS_MAX`] characters are indexed.
    pub text: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its format.
    pub media_type: String,
    /// Who owns it.
    pub owner: UserId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// The name of the uploaded file.
    pub file_name: Option<String>,
    /// Bytes of the body.
    pub size: u64,
    /// The language that most of its text is in, if it is one whose endings the index knows.
    pub language: Option<Language>,
    /// Its meaning as a vector, if vectors are made; as long as the index says.
    pub vector: Option<Vec<f32>>,
}

impl IndexEntry {
    /// The same, cut to what is indexed.
    #[must_use]
    pub fn within_limits(mut self) -> Self {
        if let Some((end, _)) = self.text.char_indices().nth(INDEXED_CHARS_MAX) {
            self.text.truncate(end);
        }
        self.headings.truncate(INDEXED_HEADINGS_MAX);
        self
    }
}

/// One change to the index.
#[derive(Debug, Clone, PartialEq)]
pub enum IndexWrite {
    /// The document is to be found as this.
    Put(Box<IndexEntry>),
    /// The document is to be found no longer.
    Remove {
        /// Whose it is.
        tenant: TenantId,
        /// Which one.
        id: DocumentId,
        /// The revision at which it went away.
        revision: i64,
    },
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It was made.
    Applied,
    /// The index already held this revision or a later one; nothing changed.
    Superseded,
}
