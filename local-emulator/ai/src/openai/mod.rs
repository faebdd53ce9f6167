//! OpenAI's wire format: chat completions, responses, embeddings, models.
//!
//! Azure and compatible providers speak it too: what is Azure's own is below `azure`.

mod access;
mod chat;
mod chat_request;
mod chat_stream;
mod embeddings;
mod error;
mod headers;
mod models;
mod parts;
mod responses;
mod responses_request;
mod responses_stream;
mod schema_check;
mod vector;

pub(crate) use access::authorise;
pub(crate) use chat::chat;
pub(crate) use embeddings::embeddings;
pub(crate) use error::{error_event, fail, induced, no_such_path, responses_error_event};
pub(crate) use models::models;
pub(crate) use responses::responses;
