//! The search function: queries, facets, highlights, suggestions, deep paging, over ports; and what a tenant has of search:
//! synonyms, saved searches, analytics.
//!
//! Knows nothing of Elasticsearch, Redis or SQL. Who may see what is read anew for every request and is a part of the
//! query; if it cannot be read, nothing is shown. The cache is asked only when what it could hold is as new as the
//! tenant's generation, and its failures cost a search nothing but time.
//!
//! Synonyms are kept in the process under the revision that the search state names (`synonyms/kept.rs`). Searches are counted
//! after they were answered, or not at all (`analytics/recorder.rs`). Saved searches are rows that are due: the bell rings, a
//! message names one, and a run is committed behind a compare, together with the message that tells its owner (`saved/run.rs`).
//!
//! To add an operation: its file, its line and its description in `http.rs`, its name in `openapi.rs`.
#![warn(missing_docs)]

mod analytics;
mod answer_cache;
mod caller;
mod deps;
mod fault;
mod http;
mod openapi;
mod query_vector;
mod queue;
mod saved;
mod search;
mod search_simple;
mod similar;
mod suggest;
mod synonyms;

pub use self::http::router;
pub use deps::{Deps, Desk};
pub use fault::SearchFault;
pub use openapi::openapi;
pub use queue::{QueueRecord, handle_queue};
pub use suggest::Suggestions;
