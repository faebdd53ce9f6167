//! From text to terms: built-in and custom analyzers.
//!
//! An analyzer here is a tokenizer followed by filters over a plain vector of tokens. It runs in the request that
//! indexes or searches, not inside tantivy, so that a new field needs no new tantivy schema, and so that `_analyze`
//! and highlighting see exactly the tokens that were indexed.
//!
//! To add a token filter: a variant in [`filter::Filter`], its settings in [`registry`], its name in the table of
//! pre-built ones.

mod ahead;
mod filter;
mod registry;
mod tokenizer;

pub(crate) use ahead::{Ahead, Text};
pub(crate) use registry::{Analyzer, Registry, VALUE_POSITION_GAP};
pub(crate) use tokenizer::Token;
