//! Contract suites (one a port), builders and fault injection for tests. Never a dependency of the product.
//!
//! - [`contract`]: what every implementation of a port must do; the adapter's tests run it on each engine.
//! - [`engines`]: where the real engines are, and what happens when one is not there.
//! - [`faults`]: a TCP proxy in front of an engine, with switches: the engine is away, silent, slow, or cut off.
//! - [`hearing`]: a backplane's listener that remembers.
//! - [`s3`]: an object store for tests. [`time`] and [`ids`]: time and chance that a test decides.
//! - [`build`]: principals and messages where a test needs any.
//!
//! Deliberately knows no adapter: a suite takes what it judges, so that an adapter can depend on this crate. To add a
//! suite: one file under `contract/`, one public function that takes a way to make the thing, cases that use names of
//! their own, so that they run beside each other on one shared engine.
#![warn(missing_docs)]
#![expect(clippy::unwrap_used, reason = "this crate is test code: a panic is how it reports")]

pub mod build;
pub mod contract;
pub mod engines;
pub mod faults;
pub mod hearing;
pub mod ids;
pub mod s3;
pub mod time;
