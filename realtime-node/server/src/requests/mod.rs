//! HTTP: what a request is, who sends it, and which connection it is of.
//!
//! Queries may hold tokens (`access_token`): nothing here logs one.

mod answer;
mod cors;
mod handle;
mod identify;
mod negotiate;
mod refresh;
mod route;
mod transport;

pub(crate) use answer::{empty, of_kind, text};
pub(crate) use handle::handle;
