//! From Lambda events to the edge, to queue handlers and to schedule handlers, and back.
//!
//! Knows the event shapes (API Gateway payload 2.0 and function URLs, SQS, EventBridge's scheduled events) and the runtime;
//! knows no feature and no port. A function's `main.rs` reads settings, makes adapters, and calls [`serve`] with its
//! [`Triggers`], or [`serve_http`] or [`serve_queue`] where it has one.
//!
//! Several invocations run at a time in one process where the platform says so (`AWS_LAMBDA_MAX_CONCURRENCY`, AWS Lambda
//! Managed Instances), one after the other elsewhere.
//!
//! To add a kind of event: its members in `event.rs`, which also decides by them; a file beside `queue_event.rs` for what
//! its handler sees; a method of [`Triggers`].
#![warn(missing_docs)]

mod event;
mod http_event;
mod http_headers;
mod queue_event;
mod schedule_event;
mod traced;
mod triggers;

pub use lambda_runtime::Error;
pub use queue_event::QueueRecord;
pub use schedule_event::ScheduleEvent;
pub use triggers::{Triggers, serve, serve_http, serve_queue};
