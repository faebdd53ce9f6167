//! SignalR's server side: what stock clients expect of ASP.NET Core, over hyper, for very many connections.
//!
//! A request comes to [`Server::handle`]; what it may do is decided by the pure tables of `octavo-domain-signalr`. A
//! connection is a few hundred bytes and one small task; it sits in circles (everyone, its user, its groups), which are
//! what a message is delivered to, here and by the backplane on other nodes. Hubs are declared with [`Hub`] and know none
//! of this: they get a [`Call`] and a [`Caller`], and send through [`Clients`].
//!
//! Knows no hub of ours, no Redis, no metrics library, no clock but its port. Never logs a query: it may hold a token.
//!
//! To add a transport: its file in `transports/`, a case of `Link`, and its lines in `requests/transport.rs`. To add a
//! command of other nodes: a case of `octavo_domain_realtime::Command` and what it does in `commands.rs`.
#![warn(missing_docs)]

mod arguments;
mod body;
mod bucket;
mod call;
mod caller;
mod circle;
mod circles;
mod clients;
mod commands;
mod connection;
mod core;
mod counters;
mod delivery;
mod dispatch;
mod drain;
mod durable;
mod encoded;
mod fault;
mod hub;
mod inbound;
mod link;
mod observer;
mod options;
mod ports;
mod registry;
mod requests;
mod server;
mod start;
mod stateful;
mod token;
mod transports;
mod wheel;

pub use arguments::Arguments;
pub use body::{Body, BoxError};
pub use call::Call;
pub use caller::Caller;
pub use clients::{Clients, Recipients};
pub use counters::Counters;
pub use fault::{ClientFault, HubFault, SendFault, ServerFault};
pub use hub::{Hub, HubDefinition, HubDocumentation, MethodDocumentation};
pub use observer::{Ending, InvocationOutcome, Observer, Refusal, Unobserved};
pub use octavo_domain_signalr::{Payload, Protocol, Transport};
pub use options::{Limits, Options, Origins, Timing};
pub use ports::{Elsewhere, Ports};
pub use server::Server;
