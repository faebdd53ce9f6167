//! The realtime node, measured at its clients: every figure of issue 4, and the peers beside it in the same run.
//!
//! The node is its release binary as a process of its own, on the emulator's embedded Redis (in this process) and its
//! supervised PostgreSQL with fsync on; each peer is a process of Node.js that runs a small script of ours (`peers`). The
//! clients are one thread of this process for all servers alike ([`fleet`]): raw TCP and as little WebSocket as it takes.
//! Prints Markdown for `BENCHMARKS.md`. A measurement is a file here and its line in [`run`]; a peer is a script, and its
//! case in [`Peer`].

mod client;
mod dialect;
mod drain;
mod fleet;
mod groups;
mod idle;
mod nodes;
mod peers;
mod platform;
mod rate;
mod run;
mod stamp;
mod tally;
mod wire;
mod yjs;
mod yjs_wire;

pub(crate) use client::{Client, open_hub};
pub(crate) use peers::Peer;
pub(crate) use run::{Part, Wanted, measure};
pub(crate) use wire::TEXT;
