//! From Lambda events to the edge and to queue handlers, and back.
//!
//! Knows the event shapes (API Gateway payload 2.0 and function URLs, SQS) and the runtime; knows no feature and no
//! port. A function's `main.rs` reads settings, makes adapters, and calls [`serve_http`] or [`serve_queue`].
#![warn(missing_docs)]

mod http_event;
mod queue_event;

pub use http_event::{http_request, http_response, serve_http};
pub use lambda_runtime::Error;
pub use queue_event::{QueueRecord, serve_queue};
