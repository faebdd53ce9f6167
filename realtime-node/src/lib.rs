//! The long-running process: it holds the connections of browsers and services (SignalR hubs, Yjs rooms), takes what
//! functions push (the data plane), and runs the event sources of production: the queue poller (where queues are Redis
//! Streams; on AWS, SQS's own event source mapping polls), the outbox relay and the scheduler.
//!
//! Safe to run on several machines at once: any node takes any request, and passes on what is another's (`nodes`); what is for
//! everybody goes through the backplane. Functions are invoked by name through AWS Lambda; of the documents function it uses
//! the library, to save what people typed together.
//!
//! To add a hub: a file in `hubs/`, its line in `hubs/mod.rs`. An event of a function's: `events.rs`. An address: `http/routes.rs`.
//! An event source: its switch in `settings/`, its start in `work.rs`.
#![warn(missing_docs)]

mod authenticate;
mod data_plane;
mod documents;
mod events;
mod fault;
mod health;
mod http;
mod hubs;
mod invoker;
mod listener;
mod memory;
mod metrics;
mod node;
mod nodes;
mod realtime;
mod rooms;
mod settings;
mod work;

pub use fault::RealtimeFault;
pub use invoker::LambdaInvoker;
pub use node::Node;
pub use settings::{HubSettings, Settings, environment};
