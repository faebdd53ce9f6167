//! Events: somebody is to be told something.

mod accept;
mod create;
mod get;
mod input;
mod list;
mod view;

pub(crate) use accept::accept;
pub(crate) use create::{__path_handle as __path_create, handle as create};
pub(crate) use get::{__path_handle as __path_get, handle as get};
pub(crate) use list::{__path_handle as __path_list, handle as list};
pub(crate) use view::{Accepted, shown_recipient};
