//! What surrounds the interpreter: what is stored of an execution between its wakes, and what one wake decides.
//!
//! A wake is: load the execution, [`settle`] it with what it is told, commit the [`Change`] on condition that nobody else
//! has committed since ([`Loaded::seq`] is the fence: a late worker changes nothing). `settle` is pure and goes on until
//! nothing more can be done without the outside; so a chain of states, forks and joins is one transaction.
//!
//! Everything that must happen later or elsewhere is a row, written with the change: a [`Task`] that somebody does, a
//! [`Kept`] signal that is due at its moment (timers, deadlines, answers, decisions, what another execution tells). The
//! message to the queue `step` that follows a commit ([`wake_message`]) is a doorbell and nothing more: what it announces is
//! found by whoever looks for due rows, and ringing twice changes nothing.
//!
//! Knows no store and no queue; the ports are in [`ports`], those of what tasks call in [`outside`]. To add something
//! that an execution can wait for: its [`Work`], its answer as an [`Event`](crate::machine::Event), and who does it in
//! `functions/step`.

mod attributes;
mod change;
mod definitions;
mod draw;
mod execution;
mod finish;
mod keep;
mod message;
mod name;
mod obey;
mod observer;
mod progress;
mod redrive;
mod settle;
mod shelves;

pub mod outside;
pub mod ports;

pub use attributes::{ATTRIBUTE_CHARS_MAX, attributes};
pub use change::{Change, Chunk, ChunkBody, Expected, Finished, Kept, MapRunEnd, MapRunStart, Posted, Task, Work};
pub use definitions::{DefinitionError, Definitions};
pub use draw::{Draw, is_task_token};
pub use execution::{Above, ExecutionId, Loaded, NewExecution, RevisionId, Status, Tells};
pub use keep::{HISTORY_INLINE_BYTES_MAX, Keeper, Worker};
pub use message::{STEP_QUEUE, WAKE, WakeBody, wake_message};
pub use name::{EXECUTION_NAME_CHARS_MAX, is_execution_name};
pub use observer::{StepObserver, StepTally};
pub use progress::{EXECUTION_CHANGED, Moved, Moving, Progress};
pub use redrive::{NotRedrivable, REDRIVE_DAYS_MAX, RedriveError, redrivable, redrive};
pub use settle::{Settling, begin, settle};
