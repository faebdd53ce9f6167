//! Writes a new version for somebody who was allowed to write it when they did: what people typed together is saved later, and
//! not by a request of theirs.

use crate::intake::{self, Upload};
use crate::{Deps, DocumentsFault, change};
use bytes::Bytes;
use octavo_domain_documents::{CommitError, Document, MediaType, Version};
use octavo_domain_kernel::{BlobKey, DocumentId, PortError, TenantId, UserId};

/// What became of a save.
#[derive(Debug, Clone, PartialEq)]
pub enum Saved {
    /// This is the newest version now.
    Written(Box<Document>),
    /// The body is as it was: there is no new version.
    Unchanged(Box<Document>),
    /// Somebody wrote another version: take it in first.
    Conflict {
        /// The newest version.
        current: u32,
    },
    /// There is no such document, or it was deleted.
    Gone,
    /// The text cannot be a body of the document: too large, or of a format that cannot be written as text.
    Refused(String),
}

/// Writes `text` as the version after `expected_version`, by `author`. The caller answers for the author's right to do it.
/// Other changes (title, sharing) that come between are kept.
pub async fn save_text(
    deps: &Deps,
    tenant: &TenantId,
    author: &UserId,
    id: DocumentId,
    expected_version: u32,
    text: String,
) -> Result<Saved, PortError> {
    let Some(mut before) = living(deps, tenant, id).await? else { return Ok(Saved::Gone) };
    if !is_text(before.content.media_type) {
        return Ok(Saved::Refused(format!("{} is not edited as text", before.content.media_type)));
    }
    let upload = Upload {
        field: "text",
        bytes: Bytes::from(text),
        file_name: before.content.file_name.clone(),
        declared: None,
        media_type: Some(before.content.media_type),
    };
    let intake = match intake::understand(upload) {
        Ok(intake) => intake,
        Err(fault) => return Ok(Saved::Refused(fault.to_string())),
    };
    intake::store(deps, tenant, &intake).await?;
    for _ in 0..change::ATTEMPTS_MAX {
        if before.version != expected_version {
            return Ok(Saved::Conflict { current: before.version });
        }
        if before.content.hash == intake.content.hash {
            return Ok(Saved::Unchanged(Box::new(before)));
        }
        let mut after = change::next_by(&before, author, change::now(deps));
        after.version += 1;
        after.content = intake.content.clone();
        let version = Version {
            number: after.version,
            content: after.content.clone(),
            title: after.title.clone(),
            created_by: author.clone(),
            created_at: after.updated_at,
        };
        let (decided, change) =
            (after.clone(), change::Change { before: Some(before), after, version: Some(version), idempotency: None });
        match change::make(deps, None, change).await {
            Ok(()) => return Ok(Saved::Written(Box::new(decided))),
            Err(CommitError::Port(error)) => return Err(error),
            Err(CommitError::Stale { .. } | CommitError::IdempotencyKeyTaken) => {}
        }
        match living(deps, tenant, id).await? {
            Some(document) => before = document,
            None => return Ok(Saved::Gone),
        }
    }
    Err(PortError::unavailable(DocumentsFault::Contended))
}

/// A version of a document's body, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Its number.
    pub version: u32,
    /// The body.
    pub text: String,
    /// Who wrote it.
    pub by: UserId,
}

/// The newest version's body as text; none if there is no such document, it was deleted, or its format is not
/// edited as text. Line breaks and characters are as they were uploaded; what is no UTF-8 is replaced.
pub async fn read_text(deps: &Deps, tenant: &TenantId, id: DocumentId) -> Result<Option<Text>, PortError> {
    let Some(document) = living(deps, tenant, id).await? else { return Ok(None) };
    if !is_text(document.content.media_type) {
        return Ok(None);
    }
    let key = BlobKey::content(tenant, &document.content.hash);
    let body = deps.blobs.get(&key).await?;
    let body = body.ok_or_else(|| PortError::corrupt(format!("no body of document {id}")))?;
    // The document's last change may have been another than its last version.
    let version = deps.store.document_version_get(tenant, id, document.version).await?;
    let by = version.map_or(document.owner, |version| version.created_by);
    Ok(Some(Text { version: document.version, text: as_text(&body), by }))
}

/// The same of a former version; none also where there is no such version.
pub async fn read_version_text(
    deps: &Deps,
    tenant: &TenantId,
    id: DocumentId,
    number: u32,
) -> Result<Option<String>, PortError> {
    if living(deps, tenant, id).await?.is_none() {
        return Ok(None);
    }
    let Some(version) = deps.store.document_version_get(tenant, id, number).await? else { return Ok(None) };
    if !is_text(version.content.media_type) {
        return Ok(None);
    }
    Ok(deps.blobs.get(&BlobKey::content(tenant, &version.content.hash)).await?.map(|body| as_text(&body)))
}

/// Whether documents of this format are edited as text.
pub fn is_text(media_type: MediaType) -> bool {
    matches!(media_type, MediaType::Markdown | MediaType::Html | MediaType::Text)
}

fn as_text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

async fn living(deps: &Deps, tenant: &TenantId, id: DocumentId) -> Result<Option<Document>, PortError> {
    Ok(deps.store.document_get(tenant, id).await?.filter(|document| document.deleted_at.is_none()))
}
