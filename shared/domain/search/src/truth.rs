//! What the index must hold, from where it is true: for those who compare, and for those who fill an index anew.

use crate::IndexEntry;
use async_trait::async_trait;
use octavo_domain_kernel::{DocumentId, PortError, Reader, TenantId};
use std::collections::HashMap;

/// Documents, or tenants, that one call may ask for.
pub const TRUTH_MAX: u16 = 1000;

/// A document as it is, without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Which one.
    pub id: DocumentId,
    /// Where it is: the engine's external version of it.
    pub revision: i64,
    /// Who may find it; none where it was deleted.
    pub readers: Option<Vec<Reader>>,
}

/// A document as it is, with all that is indexed of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Whole {
    /// It is to be found as this, and has no vector here.
    Entry(Box<IndexEntry>),
    /// It is to be found, and its text is not where it must be.
    TextMissing {
        /// Where the document is.
        revision: i64,
    },
    /// It was deleted.
    Deleted {
        /// The revision at which, or a later one.
        revision: i64,
    },
}

/// Knows what is true of every tenant's documents. One tenant at a time: nothing is read across tenants but their names.
#[async_trait]
pub trait SearchTruth: Send + Sync {
    /// Tenants that have documents, deleted ones too, by the bytes of their names: at most `limit` (1 to [`TRUTH_MAX`]) after
    /// `after`.
    async fn tenants(&self, after: Option<&TenantId>, limit: u16) -> Result<Vec<TenantId>, PortError>;
    /// A tenant's living documents, by id: at most `limit` (1 to [`TRUTH_MAX`]) after `after`.
    async fn living(&self, tenant: &TenantId, after: Option<DocumentId>, limit: u16) -> Result<Vec<Known>, PortError>;
    /// These documents, living or deleted, in any order; those that are not there are left out. At most [`TRUTH_MAX`].
    async fn known(&self, tenant: &TenantId, ids: &[DocumentId]) -> Result<Vec<Known>, PortError>;
    /// The same with their texts: a few at a time, since a text may be large.
    async fn whole(&self, tenant: &TenantId, ids: &[DocumentId]) -> Result<HashMap<DocumentId, Whole>, PortError>;
    /// Has the vectors made that documents of the tenant lack in the index that is read. Soon, not now; asking twice makes them
    /// once.
    async fn vectors_wanted(&self, tenant: &TenantId) -> Result<(), PortError>;
}
