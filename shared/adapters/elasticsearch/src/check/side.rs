//! The two sides of the comparison, each read page by page in the order of tenants and ids.

use super::run::Looking;
use crate::reindex::{Place, Read, What, Which, read};
use octavo_domain_kernel::{DocumentId, PortError, TenantId};
use octavo_domain_search::{Known, TRUTH_MAX};
use std::collections::VecDeque;

/// The place of a document, by which both sides are ordered alike.
pub(super) fn place(tenant: &TenantId, id: DocumentId) -> Place {
    Place(tenant.to_string(), id.to_string())
}

/// Whose document and which; none where no document of ours can be there.
pub(super) fn document(place: &Place) -> Option<(TenantId, DocumentId)> {
    Some((place.0.parse().ok()?, place.1.parse().ok()?))
}

/// Who may find it, in an order of their own: that of the engine's list says nothing.
pub(super) fn readers(read: &Read) -> Vec<String> {
    let mut readers: Vec<String> = serde_json::from_value(read.source["readers"].clone()).unwrap_or_default();
    readers.sort_unstable();
    readers.dedup();
    readers
}

/// The same of the database's.
pub(super) fn readers_of(known: &Known) -> Option<Vec<String>> {
    let mut readers: Vec<String> = known.readers.as_ref()?.iter().map(ToString::to_string).collect();
    readers.sort_unstable();
    readers.dedup();
    Some(readers)
}

/// The index.
#[derive(Default)]
pub(super) struct Indexed {
    pub(super) ahead: VecDeque<Read>,
    last: Option<Place>,
    ended: bool,
}

impl Indexed {
    pub(super) async fn fill(&mut self, looking: &Looking<'_>) -> Result<(), PortError> {
        if !self.ahead.is_empty() || self.ended {
            return Ok(());
        }
        let which = Which::After(self.last.as_ref(), usize::from(looking.settings.page_documents));
        let (documents, _) = read(looking.caller, &looking.index, which, What::Readers).await?;
        self.ended = documents.is_empty();
        self.last = documents.last().map(|document| document.place.clone()).or(self.last.take());
        self.ahead = documents.into();
        Ok(())
    }
}

/// The database.
#[derive(Default)]
pub(super) struct True {
    pub(super) ahead: VecDeque<(Place, Known)>,
    tenants: VecDeque<TenantId>,
    tenant: Option<TenantId>,
    after: Option<DocumentId>,
    ended: bool,
}

impl True {
    pub(super) async fn fill(&mut self, looking: &Looking<'_>) -> Result<(), PortError> {
        while self.ahead.is_empty() && !self.ended {
            let Some(tenant) = self.tenants.front().cloned() else {
                // The last one stays known, to ask for those behind it.
                self.tenants = looking.truth.tenants(self.tenant.as_ref(), TRUTH_MAX).await?.into();
                self.ended = self.tenants.is_empty();
                continue;
            };
            let page = looking.truth.living(&tenant, self.after, looking.settings.page_documents).await?;
            self.after = page.last().map(|known| known.id);
            if self.after.is_none() {
                self.tenants.pop_front();
                self.tenant = Some(tenant);
                continue;
            }
            self.ahead = page.into_iter().map(|known| (place(&tenant, known.id), known)).collect();
        }
        Ok(())
    }
}
