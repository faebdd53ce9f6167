//! An index as one search sees it.

use std::sync::Arc;

use tantivy::Searcher;

use super::schema::Schema;
use crate::analysis::Registry;
use crate::mapping::Mapping;
use crate::vectors::Vectors;

/// What a search sees of an index: the segments of one refresh, and the mapping of now.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) name: String,
    pub(crate) searcher: Searcher,
    pub(crate) mapping: Arc<Mapping>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) schema: Arc<Schema>,
    pub(crate) max_result_window: usize,
    /// The longest text that is highlighted, in bytes.
    pub(crate) max_analyzed_offset: usize,
    pub(crate) vectors: Arc<Vectors>,
}
