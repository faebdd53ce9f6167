//! What the tenant's people look for: counted beside the answers, told of clicks, shown to administrators.

mod click;
mod note;
mod recorder;
mod report;

pub(crate) use click::{__path_handle as __path_click, handle as click};
pub(crate) use note::note;
pub(crate) use recorder::Recorder;
pub(crate) use report::{__path_handle as __path_report, handle as report};
