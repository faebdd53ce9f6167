//! `octavo import`: a folder's documents through the public API.

mod content;
mod files;
mod journal;
mod run;
mod upload;

pub(crate) use run::{Arguments, import};
