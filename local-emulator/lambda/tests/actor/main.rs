//! The service with a function that does as it is told (`examples/actor.rs`): what goes in and comes out byte by byte,
//! and what happens at the edges of a process's life.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod answers;
mod clients;
mod concurrent;
mod freezing;
mod invocations;
mod invoke_api;
mod orphans;
mod reload;
mod sandboxes;
mod stage;
mod streaming;
