//! Documents: what they are, who may do what with them, and the port that stores them.
//!
//! Knows nothing of HTTP, SQL, object storage or file formats. A change is decided here as a value ([`Commit`]) and
//! carried out by a [`DocumentStore`] in one transaction, or not at all.
//!
//! To add a field: the type in `document.rs`, its limit in `limits.rs`, its rule in `rules.rs`, its column in the
//! PostgreSQL adapter's migrations.
#![warn(missing_docs)]

mod access;
mod change;
mod document;
mod limits;
mod rules;
mod store;

pub use access::{Access, access};
pub use change::{CHANGED, Changed, INDEX_QUEUE, change_message, lost_readers};
pub use document::{Content, Document, Grant, MediaType, Metadata, Role, Version};
pub use limits::*;
pub use rules::{check_file_name, check_grants, check_metadata, check_tags, check_title};
pub use store::{
    Commit, CommitError, DocumentScan, DocumentStore, DocumentTenants, IdempotencyKey, IdempotencyRecord, ListOrder,
    ListPage, ListPosition, ListQuery,
};
