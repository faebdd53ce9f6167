//! Search: the query, its answer, cursors, cache keys, and the port of the engine.
//!
//! Knows nothing of HTTP, Elasticsearch, Redis or SQL.
#![warn(missing_docs)]

mod state;

pub use state::{HIDDEN_MAX, SearchState, SearchStateStore};
