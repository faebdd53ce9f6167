//! Who may do what: the rules of documents, looked at anew each time.

use super::super::fault;
use super::hub::Collaboration;
use octavo_domain_documents::{Access, Document, access};
use octavo_domain_kernel::{DocumentId, Principal};
use realtime_node_server::HubFault;

impl Collaboration {
    /// The document for somebody who needs to have `needed`, and what they have. Whether there is one that they may not see
    /// is not told; nobody works on a deleted one.
    pub(super) async fn open(
        &self,
        principal: &Principal,
        id: DocumentId,
        needed: Access,
    ) -> Result<(Document, Access), HubFault> {
        let found = self.ports.documents.document_get(&principal.tenant, id).await.map_err(fault::port)?;
        let has = found.as_ref().map_or(Access::None, |document| living_access(document, principal));
        match found {
            Some(document) if has > Access::None => {
                if has < needed {
                    return Err(HubFault::refused("You may read this document, not change it."));
                }
                Ok((document, has))
            }
            _ => Err(HubFault::refused("There is no such document, or it is not shared with you.")),
        }
    }
}

/// What somebody may do with it now: nothing, if it is deleted.
pub(super) fn living_access(document: &Document, principal: &Principal) -> Access {
    if document.deleted_at.is_some() { Access::None } else { access(document, principal) }
}

/// As clients are told.
pub(super) fn spelled(access: Access) -> &'static str {
    match access {
        Access::None => "none",
        Access::Viewer => "viewer",
        Access::Editor => "editor",
        Access::Owner => "owner",
    }
}
