//! The server over HTTP: wire forms, refusals, usage, faults.

mod ask;
mod errors;
mod faults;
mod tools;
mod usage;
mod wire;
