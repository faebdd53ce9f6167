//! The hubs: what browsers call and what is pushed to them. `infra/hubs.md` lists all of it.
//!
//! Each is declared in one place (`hub.rs` in its folder) over ports; none knows a socket, an encoding or a database. A hub's
//! method decides whether its caller may do what it asks; that it is somebody of the tenant was decided by the server.
//!
//! To add a method: its declaration in the hub's `hub.rs`, its arguments in the `ARGUMENTS` beside it, then write the list
//! anew (the test in `documentation.rs` says how). To add a hub: a folder, its definition in `set.rs`, its part of the list
//! in `documentation.rs`.

pub(crate) mod collaboration;
pub(crate) mod conformance;
#[cfg(test)]
mod documentation;
mod fault;
mod kept;
mod missed;
pub(crate) mod notifications;
mod page;
mod set;

pub(crate) use set::{HubPorts, Hubs};
