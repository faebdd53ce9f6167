//! Files that workflows read (`ItemReader`) and write (`ResultWriter`), by bucket and key as definitions name them.
//!
//! They are for who defines workflows. A file can be put in another's place; object storage shows one or the other, whole, and
//! a workflow that reads at the same moment gets one of them.

pub(crate) mod delete;
pub(crate) mod get;
mod key;
pub(crate) mod put;
