//! What an execution did, event by event: the types, order and details that the service's `GetExecutionHistory` has.
//!
//! An event's `previous` is not always the one before it: paths that run at the same time each follow their own, and
//! some events (`MapStateSucceeded`, `ParallelStateSucceeded`, `MapIterationSucceeded`) stand aside: what comes next
//! follows the event before them.

mod entry;
mod record;

pub use entry::{Assigned, Entry, TaskService};
pub use record::Record;
