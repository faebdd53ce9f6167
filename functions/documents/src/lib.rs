//! The documents function: create, read, version, share, delete. Knows nothing of SQL, S3 or Lambda.
//!
//! A body goes to object storage first, under its hash; then one transaction makes row, version and outbox true; then the
//! outbox is published, and what could not be published the relay publishes later. A crash in between leaves at most a
//! body that nothing names.
//!
//! Rules that hold everywhere: who may not read a document is told that there is none (404); who may read and not do what
//! is asked is told so (403); a change on an older revision than the one it was decided on is never made (412, or decided
//! again where the client named no revision).
//!
//! To add an operation: a file with the operation, its types and its tests; a line in `http.rs`; a line in `openapi.rs`; a
//! route in `lambda/Cargo.toml`.
#![warn(missing_docs)]

mod authorise;
mod change;
mod content;
mod create;
mod delete;
mod deps;
mod fault;
#[doc(hidden)]
pub mod fuzz;
mod http;
mod idempotency;
mod input;
mod intake;
mod list;
mod multipart;
mod openapi;
mod patch;
mod read;
mod replace;
mod restore;
mod save;
mod share;
mod versions;
mod view;

pub use self::http::router;
pub use deps::Deps;
pub use fault::DocumentsFault;
pub use openapi::openapi;
pub use save::{Saved, Text, is_text, read_text, read_version_text, save_text};
