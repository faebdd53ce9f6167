//! The long-running process. Today it holds the event sources of production: the queue poller (where queues are Redis
//! Streams; on AWS, SQS's own event source mapping polls) and the outbox relay. The hubs move in here.
//!
//! Knows no function and no document: it invokes functions by name through AWS Lambda. Safe to run on several machines at
//! once: consumers of a group share a queue, relays share the outbox by leases.
//!
//! To add an event source: its switch in `settings.rs`, its start in `node.rs`.
#![warn(missing_docs)]

mod health;
mod invoker;
mod node;
mod settings;
mod sources;

pub use invoker::LambdaInvoker;
pub use node::Node;
pub use settings::Settings;
