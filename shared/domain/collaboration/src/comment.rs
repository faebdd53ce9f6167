//! Remarks on a document.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, PortError, TenantId, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Characters of a comment.
pub const COMMENT_CHARS_MAX: usize = 10_000;
/// Comments on one document.
pub const COMMENTS_MAX: u32 = 10_000;
/// Comments of one page.
pub const COMMENTS_LISTED_MAX: u16 = 200;
/// People of a thread who are told of an answer.
pub const PARTICIPANTS_MAX: u16 = 50;

/// A comment, or an answer to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Comment {
    /// Its identifier: a UUID version 7.
    pub id: Uuid,
    /// What it is about.
    pub document: DocumentId,
    /// The comment that it answers.
    pub parent: Option<Uuid>,
    /// Who wrote it.
    #[schema(value_type = String)]
    pub author: UserId,
    /// Plain text.
    pub text: String,
    /// The place in the text: a Yjs relative position, Base64, so that it moves with the text.
    pub anchor: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When the matter was settled.
    pub resolved_at: Option<DateTime<Utc>>,
    /// Who settled it.
    #[schema(value_type = Option<String>)]
    pub resolved_by: Option<UserId>,
}

/// A comment to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewComment {
    /// Its identifier.
    pub id: Uuid,
    /// On which document.
    pub document: DocumentId,
    /// The comment that it answers, which answers none itself.
    pub parent: Option<Uuid>,
    /// By whom.
    pub author: UserId,
    /// Plain text.
    pub text: String,
    /// The place.
    pub anchor: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Keeps comments. PostgreSQL implements this. Who may see the document is decided before.
#[async_trait]
pub trait CommentStore: Send + Sync {
    /// Keeps one. `NotFound` where the parent is none of the document's, `Conflict` at [`COMMENTS_MAX`].
    async fn comment_add(&self, tenant: &TenantId, new: &NewComment) -> Result<Comment, PortError>;
    /// Those of a document, oldest first, after `after`; at most [`COMMENTS_LISTED_MAX`].
    async fn comment_list(
        &self,
        tenant: &TenantId,
        document: DocumentId,
        after: Option<Uuid>,
        limit: u16,
    ) -> Result<Vec<Comment>, PortError>;
    /// One; none where the document has none of that id.
    async fn comment_get(
        &self,
        tenant: &TenantId,
        document: DocumentId,
        id: Uuid,
    ) -> Result<Option<Comment>, PortError>;
    /// How many a document has, answers and settled ones included.
    async fn comment_count(&self, tenant: &TenantId, document: DocumentId) -> Result<u32, PortError>;
    /// Who wrote in a thread: of the comment `root` and the answers to it, each once, at most [`PARTICIPANTS_MAX`].
    async fn comment_participants(
        &self,
        tenant: &TenantId,
        document: DocumentId,
        root: Uuid,
    ) -> Result<Vec<UserId>, PortError>;
    /// Settles one, or opens it again; none where there is none.
    async fn comment_resolve(
        &self,
        tenant: &TenantId,
        document: DocumentId,
        id: Uuid,
        by: Option<&UserId>,
        at: DateTime<Utc>,
    ) -> Result<Option<Comment>, PortError>;
    /// Deletes one of the author's own and the answers to it; false where there is none of theirs.
    async fn comment_delete(
        &self,
        tenant: &TenantId,
        document: DocumentId,
        id: Uuid,
        author: &UserId,
    ) -> Result<bool, PortError>;
}
