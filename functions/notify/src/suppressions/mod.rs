//! Addresses that are not told anything by a channel.

mod delete;
mod list;
mod post;
mod view;

pub(crate) use delete::{__path_handle as __path_delete, handle as delete};
pub(crate) use list::{__path_handle as __path_list, handle as list};
pub(crate) use post::{__path_handle as __path_post, handle as post};
