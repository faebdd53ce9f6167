//! The command line: `cargo octavo <command>`.
//!
//! To add a command: a file here with its arguments (`clap::Args`) and its function, and a line in `command.rs`.

mod ai;
mod command;
mod dead;
mod fault;
mod import;
mod lifecycle;
mod private;
mod realtime;
mod reindex;
mod status;
mod target;
mod token;
mod up;
mod workflow;

pub use command::run;
pub(crate) use target::Target;
