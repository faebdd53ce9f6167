//! The whole function over real PostgreSQL, with providers that do as a test says, and workers that die when a test says.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

mod api;
mod callbacks;
mod deaths;
mod failover;
mod house;
mod inbox;
mod life;
mod ports;
mod providers;
mod roles;
mod templates;
mod timing;
mod unsubscribe;
mod wanted;
