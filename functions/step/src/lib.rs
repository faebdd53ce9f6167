//! The step function: advances executions and has their tasks done. Knows nothing of SQL, queues or networks.
//!
//! A message says that an execution has something to do, and nothing else. A wake loads it, tells it what is due, and
//! commits what follows ([`octavo_domain_workflow::engine`]). The tasks of that commit are leased to this worker, done at
//! once, and each answer is the next wake: a chain of tasks runs without a queue in between. Whatever fails on the way is
//! found again: a worker that dies by its leases, a bell that nobody heard by the due rows, an answer that could not be
//! committed by its place in the inbox or by its idempotency key.
//!
//! [`advance`] does that for one execution; [`handle_queue`] for a batch of messages.
//!
//! To add something that a task can call: a file in `tasks/`, its line in `tasks/perform.rs`; if it leaves the platform, a
//! port in the domain's `engine::outside` and its adapter in `shared/adapters/tasks`.
#![warn(missing_docs)]

mod advance;
mod answers;
mod awake;
mod deps;
mod fault;
mod held;
mod invocation;
mod items;
mod leases;
mod memory;
mod queue;
mod results;
mod tasks;
mod wake;

pub use advance::{Left, advance};
pub use awake::Awake;
pub use deps::{Deps, WORK_TIME};
pub use fault::StepFault;
pub use queue::{QueueRecord, handle_queue};
pub use tasks::{AllowedFunctions, AllowedHosts};
