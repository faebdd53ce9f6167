//! The interpreter: `advance` takes one frame of an execution and one event, and answers what is to be done.
//!
//! A frame is a path that advances by itself: the execution's own, a branch of a `Parallel`, an iteration of a `Map`.
//! Frames and executions can be kept by a store (they are serde values), so that one wake is one transaction: take the
//! execution's row and the frame, `advance`, write what the commands say, write both back. An event that comes late
//! (its turn is over) changes nothing.
//!
//! Knows nothing of stores, clocks, queues or who does a task.

mod advance;
mod context;
mod enter;
mod fault;
mod fork;
mod leave;
mod map;
pub mod quota;
mod redrive;
mod settings;
mod task;
pub mod test_state;
mod types;

pub use advance::{FIRST_FRAME, advance};
pub use types::{
    Command, Ended, Event, Execution, Frame, Halted, Item, Join, MapChild, MapRun, Order, Outcome, Parent, Phase,
    Shelf, Signal, Wake,
};
