//! Other engines, measured in the same run with the same workflow of three steps: add one, double, take three away. What one
//! lacks is not held against it in a table: what each does for a step is printed beside the figures.
//!
//! They are installed below `target/bench` from their registries, in the versions named here, once. Each begins with an empty
//! database of the same PostgreSQL server as ours, or with a folder of its own, on loopback, and ends before the next one
//! begins. To add one: a script or a file here, and its case in [`Peer`].

mod install;
mod peer;
mod restate;
mod script;

pub(crate) use peer::Peer;
pub(super) use peer::{IN_FLIGHT, Measured, Row};
