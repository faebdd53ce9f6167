//! A TCP relay between clients and an engine, with switches for what networks and engines do to people.
//!
//! The emulator has one in front of each engine, so that a person can switch the engine away; tests put one where they want
//! something to go wrong. Knows no protocol: it passes bytes on, and deliberately cannot be told to change any. To add
//! something that may happen to bytes: a case of [`Mode`], and what `pump.rs` does in it.
#![warn(missing_docs)]

mod mode;
mod pump;
mod relay;

pub use mode::Mode;
pub use relay::Relay;
