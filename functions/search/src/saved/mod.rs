//! Saved searches: made, shown, run and deleted by their owners; run by themselves when the bell rings.

mod create;
mod delete;
mod get;
mod list;
mod run;
mod run_now;
mod tell;
mod view;

pub(crate) use create::{__path_handle as __path_create, handle as create};
pub(crate) use delete::{__path_handle as __path_delete, handle as delete};
pub(crate) use get::{__path_handle as __path_get, handle as get};
pub(crate) use list::{__path_handle as __path_list, handle as list};
pub(crate) use run::wake;
pub(crate) use run_now::{__path_handle as __path_run_now, handle as run_now};
