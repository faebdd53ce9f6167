//! Synonyms: shown and set by administrators, and kept ready for searches.

mod get;
mod kept;
mod put;
mod view;

pub(crate) use get::{__path_handle as __path_get, handle as get};
pub(crate) use kept::KeptSynonyms;
pub(crate) use put::{__path_handle as __path_put, handle as put};
