//! AWS JSON 1.0: which operation a request calls, what it takes, how it answers and how it refuses.
//!
//! A request is `POST` with the operation in `X-Amz-Target: AWSStepFunctions.NAME`; bodies are JSON; moments are seconds since
//! 1970 with milliseconds. To add an operation: its file with an input ([`Input`]), a `handle`, and its line in
//! `operations.rs`.

mod checks;
mod endpoint;
mod fault;
mod input;
mod moment;
mod operations;
mod page;
mod reply;

pub(crate) use checks::Checks;
pub(crate) use endpoint::{endpoint, refusal};
pub use fault::{Fault, Name};
pub(crate) use input::Input;
pub(crate) use moment::Moment;
pub(crate) use page::{PAGE_MAX, PageToken, check_page, page_limit};
pub(crate) use reply::{Call, Nothing, Reply};
