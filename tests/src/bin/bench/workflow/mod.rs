//! Workflows, measured: every figure of issue 5, and the peers beside it in the same run.
//!
//! PostgreSQL is one supervised server with its data on disk, fsync and synchronous_commit on, for ours and for those of the
//! peers that need it. Ours is measured as a library first (the functions' operations on the real store, in this process, whose
//! callers are the load), then at its callers, over HTTP through the emulator. Prints Markdown for `BENCHMARKS.md`. A
//! measurement is a file here and its line in [`run`]; a peer is a script and its case in [`Peer`].

mod bells;
mod callers;
mod definitions;
mod emulated;
mod functions;
mod interpreter;
mod ours;
mod peers;
mod run;
mod steps;
mod stored;
mod tasks;
mod transitions;

pub(crate) use peers::Peer;
pub(crate) use run::{Part, Wanted, measure};
