//! A hub by which stock clients are tried out: it does whatever a protocol can be asked to do. Never in production.

mod hub;
mod push;
mod streams;

#[cfg(test)]
pub(super) use hub::{ARGUMENTS, PUSHES};
pub(crate) use hub::{Conformance, hub};
