//! The embedded server through the stock `redis` crate, over TCP.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod blocking;
mod durability;
mod hostile;
mod limits;
mod pubsub;
mod support;
mod time;
mod transactions;
