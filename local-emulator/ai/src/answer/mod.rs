//! What is answered: always the same for the same prompt, by classical methods.
//!
//! [`compose`] decides in this order: a tool that must be called; the result of a tool told again; exact prompts
//! (`exact`); tools that share words with the question (`tool_call`); JSON by schema (`fill`); images; outlines and
//! sections (`outline`); the best sentences of the prompt (`extract`). To add a kind of answer: a file here and its
//! line in `compose`.

mod compose;
mod exact;
mod extract;
mod fill;
mod json;
mod limit;
mod material;
mod outline;
mod sources;
mod tool_call;
mod words;

pub(crate) use compose::{Answer, Content, Finish, ToolCall, compose};
pub(crate) use words::all_words;
