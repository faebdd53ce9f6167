//! Documents in memory, with their versions and who may do what.

use async_trait::async_trait;
use octavo_domain_documents::MediaType;
use octavo_domain_kernel::{DocumentId, PortError, Principal, TenantId, UserId};
use parking_lot::Mutex;
use realtime_node_collaboration::{DocumentText, Documents, RoomAccess, RoomRole, Writer, Written};
use std::collections::HashMap;

struct Document {
    tenant: TenantId,
    media_type: MediaType,
    versions: Vec<(String, UserId)>,
    roles: HashMap<UserId, RoomRole>,
}

#[derive(Default)]
pub(crate) struct MemoryDocuments(Mutex<HashMap<DocumentId, Document>>);

impl MemoryDocuments {
    /// A document of `ada`, who may write, as may `bob`; `eve` may read.
    pub(crate) fn put(&self, id: DocumentId, media_type: MediaType, text: &str) {
        let roles = [("ada", RoomRole::Editor), ("bob", RoomRole::Editor), ("eve", RoomRole::Viewer)];
        let roles = roles.into_iter().map(|(name, role)| (super::user(name), role)).collect();
        let versions = vec![(text.to_owned(), super::user("ada"))];
        self.0.lock().insert(id, Document { tenant: super::tenant(), media_type, versions, roles });
    }

    /// Somebody writes a version through the API.
    pub(crate) fn write(&self, id: DocumentId, text: &str) -> u32 {
        let mut documents = self.0.lock();
        let versions = &mut documents.get_mut(&id).unwrap().versions;
        versions.push((text.to_owned(), super::user("api")));
        versions.len() as u32
    }

    pub(crate) fn delete(&self, id: DocumentId) {
        self.0.lock().remove(&id);
    }

    pub(crate) fn share(&self, id: DocumentId, name: &str, role: Option<RoomRole>) {
        let mut documents = self.0.lock();
        let roles = &mut documents.get_mut(&id).unwrap().roles;
        match role {
            Some(role) => roles.insert(super::user(name), role),
            None => roles.remove(&super::user(name)),
        };
    }

    pub(crate) fn versions(&self, id: DocumentId) -> Vec<String> {
        self.0.lock()[&id].versions.iter().map(|(text, _)| text.clone()).collect()
    }

    pub(crate) fn writers(&self, id: DocumentId) -> Vec<String> {
        self.0.lock()[&id].versions.iter().map(|(_, by)| by.to_string()).collect()
    }

    pub(crate) fn text(&self, id: DocumentId) -> String {
        self.versions(id).pop().unwrap()
    }
}

#[async_trait]
impl Documents for MemoryDocuments {
    async fn access(&self, principal: &Principal, id: DocumentId) -> Result<Option<RoomAccess>, PortError> {
        let documents = self.0.lock();
        let Some(document) = documents.get(&id).filter(|document| document.tenant == principal.tenant) else {
            return Ok(None);
        };
        let Some(role) = document.roles.get(&principal.user) else { return Ok(None) };
        Ok(Some(RoomAccess {
            role: *role,
            media_type: document.media_type,
            version: document.versions.len() as u32,
            title: "A document".to_owned(),
        }))
    }

    async fn read_text(&self, tenant: &TenantId, id: DocumentId) -> Result<Option<DocumentText>, PortError> {
        tokio::task::yield_now().await;
        let documents = self.0.lock();
        let document = documents.get(&id).filter(|document| document.tenant == *tenant);
        Ok(document.and_then(|document| {
            let (text, by) = document.versions.last()?.clone();
            Some(DocumentText { version: document.versions.len() as u32, text, by })
        }))
    }

    async fn read_version(&self, _: &TenantId, id: DocumentId, version: u32) -> Result<Option<String>, PortError> {
        let documents = self.0.lock();
        let text = |document: &Document| Some(document.versions.get(version as usize - 1)?.0.clone());
        Ok(documents.get(&id).and_then(text))
    }

    async fn write_version(
        &self,
        by: &Writer,
        id: DocumentId,
        expected: u32,
        text: String,
    ) -> Result<Written, PortError> {
        tokio::task::yield_now().await;
        let mut documents = self.0.lock();
        let Some(document) = documents.get_mut(&id) else { return Ok(Written::Gone) };
        let current = document.versions.len() as u32;
        if current != expected {
            return Ok(Written::Conflict(current));
        }
        document.versions.push((text, by.user.clone()));
        Ok(Written::Version(current + 1))
    }
}
