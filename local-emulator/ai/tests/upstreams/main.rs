//! The server over HTTP: wire forms, refusals, usage, faults.
#![expect(clippy::unwrap_used, reason = "tests report by panicking")]

mod ask;
mod errors;
mod faults;
mod tools;
mod usage;
mod wire;
