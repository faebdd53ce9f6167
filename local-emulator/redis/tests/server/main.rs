//! The embedded server through the stock `redis` crate, over TCP.

mod blocking;
mod durability;
mod limits;
mod pubsub;
mod support;
mod time;
mod transactions;
