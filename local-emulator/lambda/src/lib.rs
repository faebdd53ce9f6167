//! The AWS Lambda service on one machine: Runtime API, sandboxes, Invoke API and the HTTP gateway.
//!
//! Runs any binary made with `lambda_runtime`, as AWS does: a sandbox is a process that asks for its next invocation, one
//! at a time, or as many at a time as [`FunctionConfig::concurrency`] says (AWS Lambda Managed Instances). Knows nothing of Octavo's functions, of queues or of schedules: whoever has an event calls
//! [`Lambda::invoke`].
//!
//! How an invocation goes: [`Lambda::invoke`] gives a job to its [`Function`](function); a free slot of the sandbox that
//! works most takes the job at once, else one is spawned (up to the function's maximum), else the job waits in a bounded
//! queue. A slot is a `GET /next` that the sandbox holds open: it answers with the job, and `POST /response` completes the
//! waiting caller directly. An exit or too much memory ends the process and fails every job that it ran, with the words
//! that AWS uses; so does a deadline where it ran no other job.
//!
//! What AWS does and this does not: layers, extensions, versions and aliases (every function is `$LATEST`), destinations,
//! reserved concurrency, response-streaming over the Invoke API (function URLs stream).
//!
//! To add a way in (another API over `invoke`): a module beside `invoke_api.rs`. To add a limit: `limits.rs`.
#![warn(missing_docs)]

mod binary;
mod cargo;
mod clock;
mod config;
mod connection;
mod error;
mod function;
mod gateway;
mod http_body;
mod invocation;
mod invoke_api;
mod limits;
mod log;
mod metadata;
mod records;
mod runtime_api;
mod sandbox;
mod serve;
mod service;
mod slots;
mod spawner;
mod trace;
mod underway;
mod watch;

pub use cargo::{are_fresh, cargo};
pub use config::{Cors, FunctionConfig, Route};
pub use error::{FunctionError, InvokeError};
pub use gateway::{Fallback, Gateway};
pub use http_body::{Body, full};
pub use invocation::{InvokeRequest, InvokeResponse, Output, Pieces};
pub use limits::*;
pub use log::OutputTap;
pub use metadata::{Declared, declared};
pub use records::{FunctionStatus, Record, Requested, SandboxState, SandboxStatus, Underway};
pub use service::{Lambda, Options, StartError};
pub use trace::Link;
pub use watch::Watcher;
