//! Words: the platform's own templates, and what a tenant says instead.

mod delete;
mod get;
mod list;
mod preview;
mod put;
mod test;
mod view;

pub(crate) use delete::{__path_handle as __path_delete, handle as delete};
pub(crate) use get::{__path_handle as __path_get, handle as get};
pub(crate) use list::{__path_handle as __path_list, handle as list};
pub(crate) use preview::{__path_handle as __path_preview, handle as preview};
pub(crate) use put::{__path_handle as __path_put, handle as put};
pub(crate) use test::{__path_handle as __path_test, handle as test};
