//! The query DSL: parsed into [`Query`] without looking at any index, then compiled against one.
//!
//! To add a query: a variant of [`Query`], a line in the table of `parse::parse` with its parser, and an arm in
//! `compile::Compiler::query`. If its matches should be highlighted, note the terms with `Compiler::note`. Parsers read
//! through [`crate::body::Body`], so that a key they do not know is refused.

mod ast;
mod compile;
mod compile_terms;
mod expand;
mod functions;
mod more_like_this;
mod parse;
mod parse_text;
mod scoring;
mod simple_query_string;

pub(crate) use ast::Query;
pub(crate) use compile::{Matcher, Matchers, compile};
pub(crate) use expand::distance_within;
pub(crate) use parse::parse;
pub(crate) use scoring::matching;
