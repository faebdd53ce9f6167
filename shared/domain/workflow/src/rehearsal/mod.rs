//! Executions in memory: the engine's own rules, with no store and no waiting; tasks are answered by the caller. For
//! tests, and for trying a definition out.

mod stage;
mod start;

pub use stage::{Rehearsal, rehearse};
pub use start::{Report, Start};
