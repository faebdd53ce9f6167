//! Text, title and outline from Markdown, HTML, plain text, PDF and DOCX bytes. Pure: bytes in, text out.
//!
//! Every input is taken for hostile: output, inflated bytes, pages, archive entries and nesting have limits
//! ([`Limits`]), a parser that panics loses its page or its document and not the process, and nothing is ever fetched
//! (no external entity, no link, no include). What is left to the sandbox that the caller runs in: a PDF compressed by
//! LZW, whose expansion is not measured beforehand.
//!
//! Knows nothing of storage, HTTP or search, and does not guess languages.
//!
//! To add a format: its `MediaType` in the documents domain, how it is recognised in `detect.rs`, a file here with
//! `extract(bytes, limits)`, its arm in `extract.rs`, and its line in the property test of `tests/hostile.rs`.
#![warn(missing_docs)]

mod charset;
mod detect;
mod docx;
mod error;
mod extract;
mod html;
mod limits;
mod manual;
mod markdown;
mod pdf;
mod text;
mod writer;

pub use detect::detect;
pub use error::ExtractError;
pub use extract::{Extracted, extract};
pub use limits::Limits;
pub use manual::{Manual, ManualSection};
