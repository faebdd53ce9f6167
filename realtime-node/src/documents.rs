//! The platform's documents, as rooms see them: by the documents function's own operations.

use async_trait::async_trait;
use octavo_documents::{Deps, Saved, Text, read_text, read_version_text, save_text};
use octavo_domain_documents::{Access, access};
use octavo_domain_kernel::{DocumentId, PortError, Principal, TenantId};
use realtime_node_collaboration::{DocumentText, Documents, RoomAccess, RoomRole, Writer, Written};
use std::sync::Arc;

/// Over the documents function.
pub(crate) struct RoomDocuments(pub(crate) Arc<Deps>);

#[async_trait]
impl Documents for RoomDocuments {
    async fn access(&self, principal: &Principal, id: DocumentId) -> Result<Option<RoomAccess>, PortError> {
        let document = self.0.store.document_get(&principal.tenant, id).await?;
        let Some(document) = document.filter(|document| document.deleted_at.is_none()) else { return Ok(None) };
        let role = match access(&document, principal) {
            Access::None => return Ok(None),
            Access::Viewer => RoomRole::Viewer,
            Access::Editor | Access::Owner => RoomRole::Editor,
        };
        let (media_type, version) = (document.content.media_type, document.version);
        Ok(Some(RoomAccess { role, media_type, version, title: document.title }))
    }

    async fn read_text(&self, tenant: &TenantId, id: DocumentId) -> Result<Option<DocumentText>, PortError> {
        let found = read_text(&self.0, tenant, id).await?;
        Ok(found.map(|Text { version, text, by }| DocumentText { version, text, by }))
    }

    async fn read_version(&self, tenant: &TenantId, id: DocumentId, version: u32) -> Result<Option<String>, PortError> {
        read_version_text(&self.0, tenant, id, version).await
    }

    async fn write_version(
        &self,
        by: &Writer,
        id: DocumentId,
        expected: u32,
        text: String,
    ) -> Result<Written, PortError> {
        match save_text(&self.0, &by.tenant, &by.user, id, expected, text).await? {
            Saved::Written(document) | Saved::Unchanged(document) => Ok(Written::Version(document.version)),
            Saved::Conflict { current } => Ok(Written::Conflict(current)),
            Saved::Gone => Ok(Written::Gone),
            // The room keeps what was typed; it cannot become a version until it is made smaller.
            Saved::Refused(reason) => Err(PortError::corrupt(reason)),
        }
    }
}
