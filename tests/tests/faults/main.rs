//! Things die in the middle; nothing that was accepted is lost, and what is away comes back by itself.
//!
//! - `one_by_one`: what each of them does, by name.
//! - `seeded`: any of them at any time, as a seed says, while several people work; `cargo xtask faults` makes hundreds of runs.
//!   A run is a `plan`, which `people` carry out on a `platform`; `model` holds what they were told, `truth` is what the database
//!   and the index say afterwards, and `judge` compares the two.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

mod judge;
mod model;
mod one_by_one;
mod people;
mod plan;
mod platform;
mod seeded;
mod truth;
