//! The wiring of the AI gateway, for its own binary and for others that have conversations (`generate`).
#![warn(missing_docs)]

mod gateway;

pub use gateway::{Gateway, gateway};
