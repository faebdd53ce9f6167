//! `octavo workflow`: state machines in Amazon States Language, checked, drawn and rehearsed without an emulator, started
//! and watched with one.
//!
//! To add a subcommand: a file here with its arguments and its function, and a line in `command.rs`.

mod api;
mod check;
mod columns;
mod command;
mod executions;
mod graph;
mod history;
mod key;
mod mermaid;
mod put;
mod run;
mod source;
mod start;
mod test_state;

pub(super) use command::{Arguments, workflow};
