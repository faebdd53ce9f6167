//! Faults on demand: what they are (`fault`), which request gets one (`registry`), what they do to its answer (`plan`).
//!
//! To add a kind: a case of [`FaultKind`], and what it does in `plan`.

mod fault;
mod plan;
mod registry;

pub use fault::{Fault, FaultKind, FaultState, InvalidFault};
pub(crate) use plan::{Plan, Step, plan};
pub(crate) use registry::{Fired, Registry, Reported};
