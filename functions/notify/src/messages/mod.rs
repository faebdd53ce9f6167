//! Messages: what became of an event for each recipient and channel.

mod get;
mod list;
mod retry;
mod view;

pub(crate) use get::{__path_handle as __path_get, handle as get};
pub(crate) use list::{__path_handle as __path_list, handle as list};
pub(crate) use retry::{__path_handle as __path_retry, handle as retry};
pub(crate) use view::MessageView;
