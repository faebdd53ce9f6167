//! Structured logs, and the process-wide setup that must come first.
#![warn(missing_docs)]

mod setup;

pub use setup::setup;
