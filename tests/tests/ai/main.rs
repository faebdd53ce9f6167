//! The AI gateway as its callers see it: every scenario on an emulator of its own, against fake providers on the real wire
//! formats that fail on demand.
//!
//! `desk` holds what scenarios speak with; every other file is a theme. The fifteen faults of other gateways are named
//! `fault_NN_...`, here where the whole system is needed and beside the rules where not.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

mod admin;
mod cache;
mod desk;
mod failover;
mod faults;
mod ledger;
mod limits;
mod options;
mod outage;
mod routing;
mod safety;
