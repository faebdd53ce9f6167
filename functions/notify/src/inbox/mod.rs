//! A person's own inbox.

mod list;
mod marks;

pub(crate) use list::{__path_handle as __path_list, handle as list};
pub(crate) use marks::{__path_handle as __path_marks, handle as marks};
