//! The emulator: every function, engine and outside service of Octavo on one machine, as a command and as a library.
//!
//! [`Emulator::start`] gives a test a platform of its own, on free ports, stopped when it is dropped. `cargo octavo` is the
//! same with a command line. The functions are the binaries that are deployed; nothing of them is linked in here but their
//! OpenAPI documents, and what `index` knows of what the index must hold (`search_engine.rs`).
//!
//! AI providers are fakes (`providers.rs`) unless there is a key; so are those of mail, SMS, chat and pager (`notify.rs`) unless
//! the environment names others.
//!
//! Engines are reached through relays (`relays.rs`), so that a person can switch one away and see what becomes of it.
//!
//! To add an engine: its start in `engines.rs`, its address in the functions' environment in `emulator.rs`, its health in
//! `console/health.rs`. To add a command: `cli`. To add to the page: `console`.

pub mod cli;
mod console;
pub mod demo;
mod emulator;
mod engines;
mod functions;
mod issuer;
mod lock;
mod metrics;
mod notify;
mod openapi;
mod options;
mod providers;
mod realtime;
mod relays;
mod run_file;
mod search_engine;
mod switches;
mod triggers;

pub use emulator::Emulator;
pub use issuer::{AUDIENCE, ISSUER, Issuer, TokenRequest};
pub use openapi::whole as openapi;
pub use options::{AiKeys, ExternalS3, Functions, Options};
pub use search_engine::SearchEngine;
