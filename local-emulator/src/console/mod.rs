//! What the emulator itself answers on the gateway's port: the console page and the little API below `/_octavo` that it
//! and the command line use; error pages, the OpenAPI document and the issuer's keys.
//!
//! To add to the console: its data in a file here and its line in `router.rs`; its part of a page in `assets/console`, whose
//! `app.js` says how to add a page.

mod assets;
mod dead;
mod faults;
mod functions;
mod guard;
mod health;
mod invocations;
mod overview;
mod packed;
mod pages;
mod preview;
mod problem;
mod push;
mod queues;
mod realtime;
mod redact;
mod router;
mod sent;
mod settings;
mod switches;
mod token;
mod traces;

pub(crate) use health::without_credentials;
pub(crate) use overview::{Breaker, Watch, Watching, breaker};
pub(crate) use router::router;
pub(crate) use settings::shown;
