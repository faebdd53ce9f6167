//! The whole function over real PostgreSQL, with a model, an index, object storage and a queue that do as a test says.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

mod access;
mod cancel;
mod failures;
mod house;
mod model;
mod ports;
mod prompts;
mod redelivery;
mod requests;
mod whole;
