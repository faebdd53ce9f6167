//! The function as its queue sees it: on a real database, with functions, endpoints and a queue of the test's own.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]
#![expect(clippy::needless_pass_by_value, reason = "a test writes json!(...) where it calls")]

mod approvals;
mod batches;
mod contention;
mod endpoints;
mod files;
mod functions;
mod house;
mod long_tasks;
mod nested;
mod ports;
mod store;
mod tokens;
