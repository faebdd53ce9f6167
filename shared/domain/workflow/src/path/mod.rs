//! JSONPath as the service reads it: the Jayway dialect, which is older than RFC 9535 and differs from it.
//!
//! What differs, and is kept: names after a dot may hold hyphens and any letters; a definite path that finds nothing is
//! a fault while an indefinite one answers an empty list; filters may use `=~`, `in`, `nin`, `contains`, `size` and
//! `empty`; a path may end with a function such as `length()`. Negative indexes and slices count from the end.
//!
//! A path is bounded: its length, the depth of its filters, how many values it visits and how many it answers.
//!
//! To add a function: a case in `function.rs`. To add a filter operator: `filter.rs`.

mod filter;
mod find;
mod function;
mod parse;
mod reference;
mod step;

pub use reference::ReferencePath;
pub use step::{PATH_CHARS_MAX, Path, PathFault};

#[cfg(test)]
mod tests;
