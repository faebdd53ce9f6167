//! What the function needs from outside.

use octavo_domain_documents::DocumentStore;
use octavo_domain_kernel::{BlobStore, Clock};
use octavo_domain_search::{Embeddings, SearchIndex, SearchStateStore};
use std::sync::Arc;
use std::time::Duration;

/// The ports of the function.
pub struct Deps {
    /// What is true of documents.
    pub documents: Arc<dyn DocumentStore>,
    /// Their texts.
    pub blobs: Arc<dyn BlobStore>,
    /// Where they are to be found.
    pub index: Arc<dyn SearchIndex>,
    /// Told what the index holds.
    pub state: Arc<dyn SearchStateStore>,
    /// What makes texts vectors, if documents are to be found by meaning.
    pub embeddings: Option<Arc<dyn Embeddings>>,
    /// How long after vectors could not be had they are asked for again; each time in vain twice as long, up to 15 minutes.
    pub vectors_again: Duration,
    /// The time.
    pub clock: Arc<dyn Clock>,
}
