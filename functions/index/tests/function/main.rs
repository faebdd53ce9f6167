//! The function over ports that do as they are told.
#![expect(clippy::unwrap_used, reason = "a panic is how a test reports")]

mod batches;
mod ports;
mod truth;
mod vectors;
