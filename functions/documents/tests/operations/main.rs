//! Every operation through the routes, on real PostgreSQL: each test has a database and a tenant of its own.
#![expect(clippy::unwrap_used, reason = "test code: a panic is how it reports")]

mod content;
mod create;
mod faults;
mod house;
mod idempotency;
mod list;
mod privacy;
mod replace;
mod share;
