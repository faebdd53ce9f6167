//! The workflow function: the Step Functions API, with a few routes of our own beside it.
//!
//! `protocol` turns a request of AWS JSON 1.0 into an operation's call and back; `signature` finds out who calls; `caller`
//! decides what they may. Each of the 37 operations is a file, in a folder by what it is about. Knows nothing of SQL or of
//! queues; what a workflow does is decided in the domain, and done by the function `step`.
//!
//! To add an operation: its file, its line in `protocol/operations.rs`. To add a JSON route: its file, its line in `http.rs`
//! and `openapi.rs`, its route in the root manifest.
#![warn(missing_docs)]

mod access_keys;
mod activities;
mod aliases;
mod caller;
mod connections;
mod deps;
mod executions;
mod fault;
mod files;
mod http;
mod machines;
mod map_runs;
mod openapi;
mod protocol;
mod search;
mod signature;
mod tags;
mod tasks;
mod testing;
mod versions;

pub use self::http::router;
pub use caller::Caller;
pub use deps::Deps;
pub use executions::{Memory, Start, StartError, Started, start};
pub use fault::WorkflowFault;
pub use openapi::openapi;
pub use protocol::{Fault, Name};
