//! What a person chose: by which channels they are told of what, and when not.

mod get;
mod put;
mod view;

pub(crate) use get::{__path_handle as __path_get, handle as get};
pub(crate) use put::{__path_handle as __path_put, handle as put};
