//! The document that is to be approved, beside its change.

mod compare;
pub(crate) mod show;
