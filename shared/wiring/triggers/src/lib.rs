//! Event sources: the queue poller, the outbox relay, the bell and the scheduler, over ports. The emulator and the realtime
//! node run the same code.
//!
//! - [`Poller`]: what waits in a queue becomes SQS-shaped batches for a function.
//! - [`OutboxRelay`]: what was committed and not yet published is published.
//! - [`Bell`]: whoever takes care of work that rests in a store is told when it is due.
//! - [`Scheduler`]: what is due becomes EventBridge-shaped events for a function, once, on whichever node leads.
//!
//! Each has `run(&self, stop)`, which ends when the token is cancelled and what is under way has ended, and `status()`,
//! a snapshot for the console and for metrics. Deliberately knows no engine and no transport: queues, functions, time
//! and chance are ports ([`Invoker`] is defined here). On AWS, SQS' own event source mapping stands in the poller's
//! place: the functions see the same events.
//!
//! To add an event source: one file or folder, a type with `run` and `status`, decisions in pure functions beside it,
//! and the event's shape in `event.rs` with the section of AWS' documentation that it follows.
#![warn(missing_docs)]

mod backoff;
mod due;
mod event;
mod invoker;
mod poller;
mod relay;
mod schedule;

pub use backoff::{Backoff, Random};
pub use due::{Bell, BellOptions, BellStatus};
pub use event::{ACCOUNT, REGION};
pub use invoker::{Cause, InvokeError, Invoker};
pub use poller::{InvalidMapping, LastError, Mapping, Poller, PollerPorts, PollerStatus};
pub use relay::{OutboxRelay, RelayOptions, RelayStatus};
pub use schedule::{
    Expression, InvalidExpression, Schedule, ScheduleStatus, Scheduler, SchedulerPorts, SchedulerStatus,
};
