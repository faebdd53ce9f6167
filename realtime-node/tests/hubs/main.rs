//! The hubs of whole nodes, on a supervised PostgreSQL and an embedded Redis, as a client sees them over a WebSocket.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

mod away;
mod client;
mod collaboration;
mod conformance;
mod data_plane;
mod elsewhere;
mod inbox;
mod metrics;
mod place;
mod rights;
