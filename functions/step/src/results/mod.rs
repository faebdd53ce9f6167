//! The results of a distributed `Map`, written to files (`ResultWriter`).

mod config;
mod files;
mod record;
mod write;

pub(crate) use write::write;
