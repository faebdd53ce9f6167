//! The function through its routes, over ports that do as they are told.
#![expect(clippy::unwrap_used, reason = "a panic is how a test reports")]

mod cache;
mod faults;
mod paging;
mod ports;
mod requests;
