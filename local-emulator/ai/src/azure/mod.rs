//! What Azure OpenAI adds to OpenAI's wire format: keys and versions, content filter results, errors.

mod access;
mod error;
mod filter;

pub(crate) use access::authorise;
pub(crate) use error::{fail, induced, no_such_path};
pub(crate) use filter::{content_filter_results, first_chunk, prompt_filter_results};
