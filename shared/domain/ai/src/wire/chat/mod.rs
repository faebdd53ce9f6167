//! OpenAI's Chat Completions and embeddings, which Azure and compatible providers speak too: callers and providers.
//!
//! Between a caller and a provider of this form the raw body goes through ([`forward`]), and so do the chunks of a
//! stream; [`is_usage_only`] and [`without_null_usage`] take out again what was asked for on the caller's behalf.
//!
//! Knows no HTTP: `Retry-After` and request ids stand in headers and are the adapter's.

mod answer;
mod chunk;
mod conversation;
mod data_url;
mod fault;
mod fields;
mod forward;
mod request;
mod request_encode;
mod stream_decode;
mod stream_encode;
mod usage;
mod usage_chunk;

#[cfg(test)]
mod request_tests;
#[cfg(test)]
mod stream_tests;

pub mod embeddings;

pub use answer::{decode_answer, encode_answer};
pub use fault::{decode_fault, encode_fault};
pub use forward::forward;
pub use request::decode_request;
pub use request_encode::encode_request;
pub use stream_decode::StreamDecoder;
pub use stream_encode::StreamEncoder;
pub use usage_chunk::{is_usage_only, without_null_usage};

pub(in crate::wire) use conversation::push_result;
pub(in crate::wire) use data_url::{file as read_file, image as read_image};
pub(in crate::wire) use fault::stream_kind;
pub(in crate::wire) use fields::{At, Faults, Fields};
pub(in crate::wire) use request::{
    effort as read_effort, json_schema as read_json_schema, model as read_model, tool as read_tool,
    tool_choice_word as read_tool_choice_word,
};
pub(in crate::wire) use stream_encode::push_json;
