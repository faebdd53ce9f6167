//! What the parsers of bytes from outside must hold to, whatever the bytes.
//!
//! A property a parser, a file a property: a function of bytes that panics where the property does not hold. Two drive
//! them: `cargo test` (`tests/targets.rs`), which changes the seeds in `tests/fuzz/corpus` by chance from a fixed number,
//! and libFuzzer (`tests/fuzz`), which looks for new ways through the code. No panic is not enough: what is read and
//! written again stays the same, a cut makes no difference, limits hold, a refusal names what is wrong.
//!
//! To add one: a file here with its function, a line in [`TARGETS`], a line in `tests/fuzz/Cargo.toml` and three in
//! `tests/fuzz/fuzz_targets`, and at least one good and one bad input in `tests/fuzz/corpus/NAME`.
#![warn(missing_docs)]

mod ai_wire;
mod cursor;
mod definition;
mod engine;
mod expression;
mod extraction;
mod mutate;
mod search_request;
mod signalr;
mod target;
mod websocket;
mod yjs;

pub use mutate::{Chance, mutate};
pub use target::{BYTES_MAX, Run, TARGETS, Target, target};
