//! What a document is.

use chrono::{DateTime, Utc};
use octavo_domain_kernel::{ContentHash, DocumentId, Reader, TenantId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::str::FromStr;

/// A document's own fields, chosen by whoever uses the platform: a JSON object.
pub type Metadata = Map<String, Value>;

/// The formats whose text is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub enum MediaType {
    /// Markdown (RFC 7763).
    #[serde(rename = "text/markdown")]
    Markdown,
    /// HTML.
    #[serde(rename = "text/html")]
    Html,
    /// Plain text.
    #[serde(rename = "text/plain")]
    Text,
    /// PDF.
    #[serde(rename = "application/pdf")]
    Pdf,
    /// Word (Office Open XML).
    #[serde(rename = "application/vnd.openxmlformats-officedocument.wordprocessingml.document")]
    Docx,
}

impl MediaType {
    /// Every one, in the order in which they are named to a person.
    pub const ALL: [Self; 5] = [Self::Markdown, Self::Html, Self::Text, Self::Pdf, Self::Docx];

    /// As in a `Content-Type` header, without parameters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown",
            Self::Html => "text/html",
            Self::Text => "text/plain",
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MediaType {
    type Err = String;
    /// Takes a `Content-Type` value; parameters are passed over, letters' case does not matter.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let essence = text.split(';').next().unwrap_or_default().trim();
        Self::ALL
            .into_iter()
            .find(|media_type| media_type.as_str().eq_ignore_ascii_case(essence))
            .ok_or_else(|| format!("expected one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

/// The body of a version: where it is and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Names the body in object storage, and the text that was extracted from it.
    pub hash: ContentHash,
    /// Bytes of the body.
    pub size: u64,
    /// Its format.
    pub media_type: MediaType,
    /// The name of the uploaded file, if it was one.
    pub file_name: Option<String>,
    /// Characters of the extracted text.
    pub text_chars: u64,
    /// Whether the text was cut at the extraction limit.
    pub text_truncated: bool,
}

/// What somebody may do with a document that was shared with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May read it and find it.
    Viewer,
    /// May also change it.
    Editor,
}

/// A document is shared with this reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// With whom.
    pub reader: Reader,
    /// As what.
    pub role: Role,
    /// Who shared it.
    pub granted_by: UserId,
    /// When.
    pub granted_at: DateTime<Utc>,
}

/// One version of a document's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// 1 for the first, one more for each.
    pub number: u32,
    /// Its body.
    pub content: Content,
    /// The title at that time.
    pub title: String,
    /// Who wrote it.
    pub created_by: UserId,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A document as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its identifier.
    pub id: DocumentId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Counts every change: body, metadata, sharing, deletion. The entity tag, and the search engine's external version.
    pub revision: i64,
    /// The number of the newest body.
    pub version: u32,
    /// The newest body.
    pub content: Content,
    /// What it is called.
    pub title: String,
    /// Sorted, without repetition.
    pub tags: Vec<String>,
    /// The tenant's own fields.
    pub metadata: Metadata,
    /// Who may do everything with it, sharing and deletion included.
    pub owner: UserId,
    /// With whom it is shared, sorted by reader.
    pub grants: Vec<Grant>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When anything of it changed last.
    pub updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: UserId,
    /// Set while it is deleted; it can be restored until it is purged.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Document {
    /// Everybody who may read it: the owner first, then the grants. What the search engine filters by.
    pub fn readers(&self) -> Vec<Reader> {
        std::iter::once(Reader::User(self.owner.clone()))
            .chain(self.grants.iter().map(|grant| grant.reader.clone()))
            .collect()
    }
}
