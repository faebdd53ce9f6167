//! The index function: committed document changes into the search engine, in bulk.
//!
//! Knows nothing of Elasticsearch, PostgreSQL, S3, SQS or Lambda. A message says that a document changed, not how: what is
//! written is what is true when the message is handled, under the document's revision as the engine's external version.
//! So messages may come late, twice, and in any order. Where vectors could not be had, a message to this function itself has
//! them made later (`repair.rs`).
//!
//! [`Truth`] tells by the same rules what the index must hold, for whoever compares it with the database.
//!
//! To index a further field: fill it in `load.rs`; the rest is domain-search's.
#![warn(missing_docs)]

mod batch;
mod deps;
mod fault;
mod handle;
mod load;
mod repair;
mod truth;
mod vectors;

pub use batch::{BatchResponse, ItemFailure, QueueRecord};
pub use deps::Deps;
pub use fault::IndexFault;
pub use handle::handle;
pub use truth::Truth;
