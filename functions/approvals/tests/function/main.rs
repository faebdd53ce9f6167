//! The whole function over real PostgreSQL, with workflows of the real engine, and object storage and a queue that do as a test
//! says.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

mod access;
mod decisions;
mod documents;
mod house;
mod links;
mod lists;
mod notices;
mod ports;
mod settings;
mod time;
mod workflows;
