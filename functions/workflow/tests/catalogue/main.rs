//! State machines, access keys and connections through the routes, on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

mod access_keys;
mod connections;
#[allow(dead_code, reason = "shared with the tests of executions, which use all of it")]
#[path = "../executions/house.rs"]
mod house;
mod machines;
#[allow(dead_code, reason = "shared with the tests of executions, which use all of it")]
#[path = "../executions/ports.rs"]
mod ports;
mod roles;
