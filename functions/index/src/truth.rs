//! What the index must hold, as whoever compares it with the database learns it: by the rules that fill the index.

use crate::IndexFault;
use crate::load::{entry, text};
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use octavo_domain_documents::{Document, DocumentScan, DocumentStore, DocumentTenants};
use octavo_domain_kernel::{BlobStore, Clock, DocumentId, PortError, TenantId};
use octavo_domain_search::{Known, Repair, SearchStateStore, SearchTruth, Whole, repair_message};
use std::collections::HashMap;
use std::sync::Arc;

/// Texts read at a time.
const TEXTS_AT_ONCE: usize = 8;

/// What is true of documents, over the ports that know it.
pub struct Truth {
    /// Documents by id.
    pub documents: Arc<dyn DocumentStore>,
    /// All documents of a tenant.
    pub scan: Arc<dyn DocumentScan>,
    /// Who has documents.
    pub tenants: Arc<dyn DocumentTenants>,
    /// Their texts.
    pub blobs: Arc<dyn BlobStore>,
    /// By whom the index function is told what to look for.
    pub state: Arc<dyn SearchStateStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

fn known(document: &Document) -> Known {
    let readers = document.deleted_at.is_none().then(|| document.readers());
    Known { id: document.id, revision: document.revision, readers }
}

impl Truth {
    async fn one(&self, tenant: &TenantId, document: Document) -> Result<(DocumentId, Whole), PortError> {
        let (id, revision) = (document.id, document.revision);
        if document.deleted_at.is_some() {
            return Ok((id, Whole::Deleted { revision }));
        }
        match text(&*self.blobs, tenant, &document).await {
            Ok(text) => Ok((id, Whole::Entry(Box::new(entry(document, text))))),
            Err(IndexFault::TextMissing { .. }) => Ok((id, Whole::TextMissing { revision })),
            Err(IndexFault::Load(error) | IndexFault::Write(error) | IndexFault::Settle(error)) => Err(error),
            Err(fault @ IndexFault::Unreadable(_)) => Err(PortError::corrupt(fault)),
        }
    }
}

#[async_trait]
impl SearchTruth for Truth {
    async fn tenants(&self, after: Option<&TenantId>, limit: u16) -> Result<Vec<TenantId>, PortError> {
        self.tenants.document_tenants(after, limit).await
    }

    async fn living(&self, tenant: &TenantId, after: Option<DocumentId>, limit: u16) -> Result<Vec<Known>, PortError> {
        Ok(self.scan.document_scan(tenant, after, limit).await?.iter().map(known).collect())
    }

    async fn known(&self, tenant: &TenantId, ids: &[DocumentId]) -> Result<Vec<Known>, PortError> {
        Ok(self.documents.document_get_many(tenant, ids).await?.iter().map(known).collect())
    }

    async fn whole(&self, tenant: &TenantId, ids: &[DocumentId]) -> Result<HashMap<DocumentId, Whole>, PortError> {
        let documents = self.documents.document_get_many(tenant, ids).await?;
        let read = futures::stream::iter(documents).map(|document| self.one(tenant, document));
        read.buffer_unordered(TEXTS_AT_ONCE).try_collect().await
    }

    async fn vectors_wanted(&self, tenant: &TenantId) -> Result<(), PortError> {
        self.state.search_later(tenant, &repair_message(tenant, self.clock.now(), Repair::default()), 0).await
    }
}
