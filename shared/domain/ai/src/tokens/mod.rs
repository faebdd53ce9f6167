//! Counting tokens without a vocabulary. A vocabulary is exact for one maker's models only, and costs what a small
//! function has not: `o200k_base` takes 67 MB of memory and 38 ms to load (measured), more than twice the memory that the
//! whole gateway is to have. So tokens are estimated, a little high, and settled with what the provider reports.

mod pairs;
mod picture;
mod prompt;
mod text;

pub use prompt::estimate_prompt;
pub use text::estimate;
