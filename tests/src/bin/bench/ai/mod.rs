//! The AI gateway, measured at its callers: every figure of issue 3 that needs the whole system, and the peers beside it.
//!
//! Everything runs on this machine: the fake providers (`local-emulator-ai`) as one process for all, the emulator with the
//! functions' release binaries, each peer as its own process, and one load generator for all of them ([`load`]). Prints
//! Markdown for `BENCHMARKS.md`. A measurement is a file here and its line in [`run`]; a peer is a file under `peers`.

mod bodies;
mod cache;
mod failing;
mod load;
mod long;
mod octavo;
mod overhead;
mod peers;
mod run;
mod stream;
mod target;

pub(crate) use peers::Peer;
pub(crate) use run::measure;
pub(crate) use target::{Answer, Connection, Target};
