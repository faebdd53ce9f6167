//! The function through its routes, over ports that do as they are told.
#![expect(clippy::unwrap_used, reason = "a panic is how a test reports")]

mod analytics;
mod cache;
mod desk;
mod faults;
mod hybrid;
mod paging;
mod ports;
mod requests;
mod saved;
mod similar;
mod synonyms;
