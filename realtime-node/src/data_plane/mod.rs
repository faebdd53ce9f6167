//! The data plane: what functions ask of the nodes over HTTP, as Azure SignalR's REST API (version 2024-12-01) has it, so that
//! its stock clients work; and the inbox.
//!
//! Any node answers for all: what is for everyone goes through the backplane, what is about one connection goes to its node.
//! To add an operation: a function here, its line in `routes.rs`.

mod authorise;
mod connections;
mod deps;
mod groups;
mod inbox;
mod routes;
mod send;
mod tokens;

pub(crate) use deps::Deps;
pub(crate) use routes::{REQUEST_BYTES_MAX, router};
