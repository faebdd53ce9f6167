//! The rules of the house that no compiler checks (DESIGN: the direction of dependencies; STYLE: sizes, names, markers).
//!
//! A check is one file: a pure function from the [`Tree`] of files (or the [`Graph`] of crates) to findings, with a
//! violating sample in its tests. One more check: write the file, name it here, call it in `run.rs`.
//!
//! It does not know Rust's grammar: it reads lines and a few regular expressions, and a rule that needs more than that
//! belongs to clippy.

mod arrows;
mod attributes;
mod clippy_config;
mod crate_names;
mod entry_points;
mod error_codes;
mod file_length;
mod file_names;
mod finding;
mod graph;
mod machine;
mod manifests;
mod markers;
mod run;
mod top_level;
mod tree;

pub(crate) use run::run;
