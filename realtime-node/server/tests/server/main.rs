//! The server, as its clients and other nodes see it: raw frames and requests over real sockets.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

mod support;

mod cluster;
mod http_transports;
mod invocations;
mod limits;
mod lives;
mod stateful;
mod streams;
