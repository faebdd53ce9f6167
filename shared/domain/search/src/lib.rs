//! Search: the query, its answer, cursors, cache keys, and the port of the engine.
//!
//! Knows nothing of HTTP, Elasticsearch, Redis or SQL, and nothing of documents beyond what an [`IndexEntry`] holds.
//!
//! To add a filter: its member in `request.rs` with its rule, in `query.rs` in its normal form, and its clause in the
//! engine's adapter. To add a facet or an order: a variant in `query.rs`, and its clause there. To add a field that can be
//! found: [`IndexEntry`], the adapter's mapping (and its version), and the `index` function that fills it.
#![warn(missing_docs)]

mod analytics;
mod answer;
mod cache_key;
mod cursor;
mod embedding;
mod entry;
mod fusion;
mod index;
mod language;
mod limits;
mod query;
mod repair;
mod request;
mod saved;
mod scope;
mod state;
mod synonyms;
mod truth;

pub use analytics::*;
pub use answer::{
    Bucket, Degraded, Explanation, FacetCounts, Found, Highlights, Hit, Relation, SearchAnswer, SimilarDocuments,
    TitleSuggestion, Total,
};
pub use cache_key::cache_key;
pub use cursor::{CURSOR_KEY_BYTES_MIN, CursorKey, CursorKeyTooShort, InvalidCursor};
pub use embedding::{
    DIMENSIONS_MAX, EMBEDDED_BYTES_MAX, EMBEDDED_PIECES_MAX, EMBEDDED_TEXTS_MAX, EmbeddingModel, Embeddings,
    KeptVector, Purpose, embedded_name, embedded_query, embedded_whole, unit,
};
pub use entry::{IndexEntry, IndexWrite, WriteOutcome};
pub use fusion::{FUSED_EACH, FUSION_K, Fused, fuse};
pub use index::SearchIndex;
pub use language::Language;
pub use limits::*;
pub use query::{
    Alternative, DateRange, Facet, FacetField, Filters, Interval, Mode, Position, SearchQuery, Sort, SuggestQuery,
};
pub use repair::{REPAIR_DOCUMENTS_MAX, Repair, VECTORS_MISSED, repair_message};
pub use request::{FacetRequest, FilterRequest, SearchRequest, TagFilter, check_similar, check_suggest};
pub use saved::*;
pub use scope::{Scope, TooMuchHidden};
pub use state::{HIDDEN_MAX, SearchGenerations, SearchState, SearchStateStore};
pub use synonyms::*;
pub use truth::{Known, SearchTruth, TRUTH_MAX, Whole};
