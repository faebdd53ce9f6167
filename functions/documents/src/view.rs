//! Documents as clients see them.

use chrono::{DateTime, Utc};
use http::{StatusCode, header};
use octavo_domain_documents::{Access, Content, Document, MediaType, Metadata, Version, access};
use octavo_domain_kernel::{DocumentId, Principal};
use octavo_wiring_edge::{EntityTag, Response};
use serde::Serialize;

/// What the caller may do with a document.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AccessView {
    /// Read and find it.
    Viewer,
    /// Also change it.
    Editor,
    /// Also share, delete and restore it.
    Owner,
}

/// The body of a version.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct ContentView {
    /// Its format.
    pub(crate) media_type: MediaType,
    /// Bytes.
    #[schema(example = 2048)]
    pub(crate) size: u64,
    /// BLAKE3, 64 hexadecimal digits; also the body's entity tag.
    #[schema(example = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    pub(crate) hash: String,
    /// The uploaded file's name, if there was one.
    #[schema(example = "plan.md")]
    pub(crate) file_name: Option<String>,
    /// Characters of its text.
    #[schema(example = 1987)]
    pub(crate) text_chars: u64,
    /// Whether its text is longer than what search sees of it.
    pub(crate) text_truncated: bool,
}

/// A document.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct DocumentView {
    /// Its identifier.
    pub(crate) id: DocumentId,
    /// What it is called.
    #[schema(example = "The plan")]
    pub(crate) title: String,
    /// Sorted, without repetition.
    #[schema(example = json!(["finance", "q3"]))]
    pub(crate) tags: Vec<String>,
    /// The caller's own fields.
    #[schema(value_type = Object, example = json!({"case": 17}))]
    pub(crate) metadata: Metadata,
    /// Who owns it.
    #[schema(example = "ada")]
    pub(crate) owner: String,
    /// What the caller may do with it.
    pub(crate) access: AccessView,
    /// The number of the newest body.
    #[schema(example = 1)]
    pub(crate) version: u32,
    /// Counts every change; the entity tag is made of it.
    #[schema(example = 1)]
    pub(crate) revision: i64,
    /// The newest body.
    pub(crate) content: ContentView,
    /// When it was made.
    pub(crate) created_at: DateTime<Utc>,
    /// When anything of it changed last.
    pub(crate) updated_at: DateTime<Utc>,
    /// Who changed it last.
    #[schema(example = "ada")]
    pub(crate) updated_by: String,
    /// Set while it is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deleted_at: Option<DateTime<Utc>>,
}

/// One version of a document's body.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct VersionView {
    /// 1 for the first.
    #[schema(example = 1)]
    pub(crate) number: u32,
    /// The document's title then.
    #[schema(example = "The plan")]
    pub(crate) title: String,
    /// Its body.
    pub(crate) content: ContentView,
    /// Who wrote it.
    #[schema(example = "ada")]
    pub(crate) created_by: String,
    /// When.
    pub(crate) created_at: DateTime<Utc>,
}

impl ContentView {
    pub(crate) fn of(content: &Content) -> Self {
        Self {
            media_type: content.media_type,
            size: content.size,
            hash: content.hash.to_string(),
            file_name: content.file_name.clone(),
            text_chars: content.text_chars,
            text_truncated: content.text_truncated,
        }
    }
}

impl DocumentView {
    pub(crate) fn of(document: &Document, principal: &Principal) -> Self {
        Self {
            id: document.id,
            title: document.title.clone(),
            tags: document.tags.clone(),
            metadata: document.metadata.clone(),
            owner: document.owner.to_string(),
            access: match access(document, principal) {
                Access::Owner => AccessView::Owner,
                Access::Editor => AccessView::Editor,
                // Nobody without access gets as far as to see one.
                Access::Viewer | Access::None => AccessView::Viewer,
            },
            version: document.version,
            revision: document.revision,
            content: ContentView::of(&document.content),
            created_at: document.created_at,
            updated_at: document.updated_at,
            updated_by: document.updated_by.to_string(),
            deleted_at: document.deleted_at,
        }
    }

    /// As an answer, with its entity tag.
    pub(crate) fn answer(&self, status: StatusCode) -> Response {
        let response = Response::json(status, self).with(header::ETAG, EntityTag(self.revision).header());
        if status == StatusCode::CREATED {
            return response.with_text(header::LOCATION, &format!("/v1/documents/{}", self.id));
        }
        response
    }
}

impl VersionView {
    pub(crate) fn of(version: &Version) -> Self {
        Self {
            number: version.number,
            title: version.title.clone(),
            content: ContentView::of(&version.content),
            created_by: version.created_by.to_string(),
            created_at: version.created_at,
        }
    }
}
