//! Executions: starting, looking at, stopping and redriving them.
//!
//! `begin` starts one, `change` tells one something that is done before the answer (a stop, a redrive), `find` looks one up
//! for a caller who may see it.

pub(crate) mod begin;
pub(crate) mod change;
pub(crate) mod describe;
pub(crate) mod describe_machine;
pub(crate) mod find;
pub(crate) mod history;
pub(crate) mod history_page;
pub(crate) mod included;
pub(crate) mod input;
pub(crate) mod list;
pub(crate) mod memory;
pub(crate) mod name;
pub(crate) mod redrive;
pub(crate) mod shell;
pub(crate) mod start;
pub(crate) mod start_sync;
pub(crate) mod stop;

pub use begin::{Start, StartError, Started, start};
pub use memory::Memory;
