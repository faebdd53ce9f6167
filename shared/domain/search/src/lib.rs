//! Search: the query, its answer, cursors, cache keys, and the port of the engine.
//!
//! Knows nothing of HTTP, Elasticsearch, Redis or SQL, and nothing of documents beyond what an [`IndexEntry`] holds.
//!
//! To add a filter: its member in `request.rs` with its rule, in `query.rs` in its normal form, and its clause in the
//! engine's adapter. To add a facet or an order: a variant in `query.rs`, and its clause there. To add a field that can be
//! found: [`IndexEntry`], the adapter's mapping (and its version), and the `index` function that fills it.
#![warn(missing_docs)]

mod answer;
mod cache_key;
mod cursor;
mod entry;
mod index;
mod limits;
mod query;
mod request;
mod scope;
mod state;

pub use answer::{Bucket, FacetCounts, Found, Highlights, Hit, Relation, SearchAnswer, TitleSuggestion, Total};
pub use cache_key::cache_key;
pub use cursor::{CURSOR_KEY_BYTES_MIN, CursorKey, CursorKeyTooShort, InvalidCursor};
pub use entry::{IndexEntry, IndexWrite, WriteOutcome};
pub use index::SearchIndex;
pub use limits::*;
pub use query::{DateRange, Facet, FacetField, Filters, Interval, Position, SearchQuery, Sort, SuggestQuery};
pub use request::{FacetRequest, FilterRequest, SearchRequest, TagFilter, check_suggest};
pub use scope::{Scope, TooMuchHidden};
pub use state::{HIDDEN_MAX, SearchState, SearchStateStore};
