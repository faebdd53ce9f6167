//! The search function: queries, facets, highlights, suggestions, deep paging, over ports.
//!
//! Knows nothing of Elasticsearch, Redis or SQL. Who may see what is read anew for every request and is a part of the
//! query; if it cannot be read, nothing is shown. The cache is asked only when what it could hold is as new as the
//! tenant's generation, and its failures cost a search nothing but time.
//!
//! To add an operation: its file, its line and its description in `http.rs`, its name in `openapi.rs`.
#![warn(missing_docs)]

mod answer_cache;
mod deps;
mod fault;
mod http;
mod openapi;
mod search;
mod search_simple;
mod suggest;

pub use self::http::router;
pub use deps::Deps;
pub use fault::SearchFault;
pub use openapi::openapi;
pub use suggest::Suggestions;
