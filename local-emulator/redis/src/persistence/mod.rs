//! The append-only log: what was answered survives the end of the process.
//!
//! Write commands are kept in the form in which they do the same at any time (`SET k v PXAT ms`, not `EX`), written to
//! the file before they are answered, and synced to the disk every second. What one client command did stands between
//! MULTI and EXEC, so that a log that was cut short holds it whole or not at all.

mod journal;
mod replay;
mod snapshot;

pub(crate) use journal::Journal;
pub use replay::ReplayError;
pub(crate) use replay::replay;
