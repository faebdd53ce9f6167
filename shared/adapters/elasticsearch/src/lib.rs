//! Elasticsearch and OpenSearch behind domain-search's [`SearchIndex`](octavo_domain_search::SearchIndex).
//!
//! Knows the engines' HTTP interface as far as Elasticsearch 8 and 9 and OpenSearch 2 and 3 share it, and nothing of
//! queues, caches or HTTP of ours. No point in time: the engines differ in it, and paging by `search_after` over a unique
//! last key needs none; a document that changes between two pages may be seen twice or not, as in any live listing.
//! No custom routing: a tenant's documents spread over all shards, because one shard cannot hold the largest tenant.
//!
//! The index is `docs-v{n}`, reached only through the aliases `docs-read` and `docs-write`. To change the mapping: the next
//! version in `schema.rs`, what is copied into it in `reindex/entry.rs`, and a reindex ([`Reindex`]).
//! To add a filter: `query.rs`. To add a facet: `facets.rs`. Who may see what is decided in `scope.rs` alone.
#![warn(missing_docs)]

mod bulk;
pub mod check;
mod describe;
mod did_you_mean;
mod engine;
mod ensure;
mod error;
mod facets;
mod form;
mod highlight;
mod hybrid;
mod index;
pub mod lifecycle;
mod near;
mod options;
mod query;
pub mod reindex;
mod schema;
mod scope;
mod search;
mod similar;
mod suggest;
mod targets;
mod vectors;
mod write;

pub use index::ElasticsearchIndex;
pub use options::{Analysis, Options, Ranking};
pub use reindex::{Reindex, ReindexError, ReindexSettings};
