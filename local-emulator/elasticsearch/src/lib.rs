//! An Elasticsearch-compatible HTTP server over tantivy: the subset of the API that Octavo uses, durable on disk.
//!
//! It claims to be a single-node Elasticsearch 8 so that stock clients accept it, and answers in that server's shapes.
//! What it does not support it refuses, in the server's own error shape, naming it; a key of a body or a parameter of a
//! request that it does not know is never ignored. It knows nothing of Octavo: no tenants, no documents of ours.
//!
//! A request goes `http` (routes, parameters) -> `catalog` (which indices) -> `index` (writes, versions, refresh) or
//! `search` (`query`, sort, `aggs`, `highlight`, suggest). `mapping` turns JSON into terms, `analysis` text into tokens.
//!
//! To add a query: see `query`. An aggregation: see `aggs`. An endpoint: a line in `http::routes`, a function in the
//! file of its group. A field type: see `mapping`.

mod aggs;
mod analysis;
mod body;
mod catalog;
mod columns;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod http;
mod index;
mod mapping;
mod query;
mod search;
mod server;
mod store;
mod vectors;
mod wildcard;

pub use server::{Options, Server, StartError};

/// The one node's id, as `_nodes` and failures name it.
pub(crate) const NODE_ID: &str = "octavo-embedded-node-0";

/// The version that is claimed: clients compare it.
pub(crate) const VERSION: &str = "8.19.0";

pub(crate) const CLUSTER_NAME: &str = "octavo-embedded";
