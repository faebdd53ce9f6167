//! Faults on demand: what goes wrong, and for which messages.
//!
//! To add one: a case of [`FaultKind`], what it does in `dispatch` (HTTP) and in `smtp::serve`.

mod fault;
mod pattern;
mod registry;

pub use fault::{Fault, FaultKind, FaultState, InvalidFault, Stage, When};
pub(crate) use registry::{Fired, Registry};
