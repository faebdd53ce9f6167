//! The recordings of the real service through the whole engine: definitions are created and executions started by the API,
//! `step` advances them on a real PostgreSQL, and tasks are answered as the recording says. Then the same with a worker
//! that dies at every point where something is written, once before the write and once after it: the history must be the
//! same.
//!
//! Nothing is slept for: the clock is the test's. Whoever dies takes all that a process knows with it, and every bell; what
//! goes on is found by due rows.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

mod callee;
mod crash;
mod drive;
mod kills;
mod ports;
mod same;
mod stage;
mod whole;

/// How recordings are read and judged: the interpreter's own tests have it.
#[path = "../../../shared/domain/workflow/tests/recordings"]
#[expect(dead_code, reason = "what judges the interpreter alone is of no use here")]
mod recordings {
    pub(crate) mod compare;
    pub(crate) mod judge;
    pub(crate) mod tasks;
}
