//! The operations on executions, on a real PostgreSQL, with the tasks of executions done by the test.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

mod access;
mod actions;
mod announce;
mod blobs;
mod callbacks;
mod describe;
mod files;
mod history;
#[expect(dead_code, reason = "shared with the other tests of the function; not all of it is needed here")]
mod house;
mod list;
mod map_runs;
mod ports;
mod redrive;
mod search;
mod start;
mod stop;
mod sync;
mod testing;
mod worker;
