//! What the tenant sets: how messages look, and who is told of what by which channels.

mod get;
mod put;
mod view;

pub(crate) use get::{__path_handle as __path_get, handle as get};
pub(crate) use put::{__path_handle as __path_put, handle as put};
