//! What the function needs.

use octavo_domain_documents::DocumentStore;
use octavo_domain_kernel::{BlobStore, Clock, Ids, Queue};
use std::sync::Arc;

/// The ports of every operation here.
pub struct Deps {
    /// Rows, versions, permissions, outbox.
    pub store: Arc<dyn DocumentStore>,
    /// Bodies and their texts.
    pub blobs: Arc<dyn BlobStore>,
    /// Where the outbox is published right after a commit.
    pub queue: Arc<dyn Queue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New identifiers.
    pub ids: Arc<dyn Ids>,
    /// Whether changes are told to the realtime nodes too: only where nodes run that take the messages.
    pub announces: bool,
}
