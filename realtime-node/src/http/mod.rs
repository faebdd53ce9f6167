//! The node's HTTP: sockets in, requests to whoever answers them.
//!
//! To add an address: its line in `routes.rs`.

mod answer;
mod listen;
mod routes;

pub(crate) use answer::{Answer, empty, from_edge, json, problem, text};
pub(crate) use listen::{Peer, listen, serve};
pub(crate) use routes::{HubRoutes, Routes, answer};
