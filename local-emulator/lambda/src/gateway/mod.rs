//! HTTP in front of functions, as API Gateway's HTTP APIs and function URLs do it (payload format 2.0).

mod code;
mod cors;
mod event;
mod problem;
mod response;
mod server;
mod stream;

pub use server::{Fallback, Gateway};
