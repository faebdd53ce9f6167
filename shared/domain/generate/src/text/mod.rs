//! From what a model answers to Markdown, and from long texts to what fits into a prompt. All of it in linear time, and
//! the same for the same text: prompts are made of it, and the same prompt is paid once.

mod citations;
mod document;
mod gist;
mod line;
mod outline;
mod passages;
mod section;

pub use citations::{Cited, keep_known};
pub use document::{Assembled, assemble};
pub use gist::gist;
pub use outline::{ParsedOutline, parse_outline};
pub use passages::{budgets, passages};
pub use section::{tidy_section, whole_sentences};
