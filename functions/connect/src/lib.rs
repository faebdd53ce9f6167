//! The connect function: a client negotiates with the platform's own HTTP API and is sent to the realtime nodes with a token of
//! its own, as Azure SignalR's serverless mode does. The stock SignalR clients need only its address.
//!
//! Knows no node, no key and no token's form: who is asked for is signed in by a port.
//!
//! To add a way to connect: an operation beside `negotiate.rs`, its line in `http.rs`, its route in the workspace's manifest.
#![warn(missing_docs)]

mod deps;
mod http;
mod negotiate;
mod openapi;

pub use self::http::router;
pub use deps::Deps;
pub use openapi::openapi;
