//! Targets: webhooks, Slack, pagers. Their secrets are sealed where they lie, and shown to nobody.

mod delete;
mod get;
mod input;
mod list;
mod put;
mod seal;
mod view;

pub(crate) use delete::{__path_handle as __path_delete, handle as delete};
pub(crate) use get::{__path_handle as __path_get, handle as get};
pub(crate) use list::{__path_handle as __path_list, handle as list};
pub(crate) use put::{__path_handle as __path_put, handle as put};
pub(crate) use seal::open;
