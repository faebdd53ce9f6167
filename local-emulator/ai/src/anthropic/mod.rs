//! Anthropic's wire format: messages, token counts, models.

mod access;
mod blocks;
mod error;
mod headers;
mod messages;
mod models;
mod request;
mod stream;
mod tools;
mod turns;

pub(crate) use access::authorise;
pub(crate) use error::{error_event, fail, induced, no_such_path};
pub(crate) use messages::{count_tokens, messages};
pub(crate) use models::models;
