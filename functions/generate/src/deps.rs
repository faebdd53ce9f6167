//! What the function needs from outside.

use octavo_domain_ai::ports::Completions;
use octavo_domain_documents::DocumentStore;
use octavo_domain_generate::GenerationStore;
use octavo_domain_kernel::{BlobStore, Clock, Ids, Queue};
use octavo_domain_search::{SearchIndex, SearchStateStore};
use std::sync::Arc;

/// The ports of the function.
pub struct Deps {
    /// Where generations stand.
    pub generations: Arc<dyn GenerationStore>,
    /// What is read, and where the result goes.
    pub documents: Arc<dyn DocumentStore>,
    /// Their texts.
    pub blobs: Arc<dyn BlobStore>,
    /// Finds what is to be read.
    pub index: Arc<dyn SearchIndex>,
    /// What search must not show.
    pub state: Arc<dyn SearchStateStore>,
    /// Writes.
    pub completions: Arc<dyn Completions>,
    /// Where the outbox is published right after a commit.
    pub queue: Arc<dyn Queue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New identifiers.
    pub ids: Arc<dyn Ids>,
    /// Whether progress is told to the realtime nodes: only where nodes run that take the messages.
    pub announces: bool,
}
