//! Workflows in Amazon States Language: what a definition says, and what an execution does next.
//!
//! [`definition`] reads a text and finds everything that is wrong with it, with line, column and a hint. [`machine`]
//! decides: one frame of an execution and one event in, commands out. [`history`] is what is written of it. The rest
//! evaluates: paths, payload templates, intrinsic functions, JSONata, choices, retries, moments.
//!
//! [`engine`] is what surrounds the interpreter: what is kept of an execution, and what one wake decides.
//!
//! Pure: time, chance and ids are arguments, stores and queues are ports. To see a definition run in memory, use
//! [`rehearsal`], with [`mocks`] for its tasks. The language is described at <https://states-language.net/>; where the
//! service does otherwise, recordings of the service decide (`tests/recordings.rs`).

pub mod arn;
pub mod catalogue;
pub mod choice;
pub mod definition;
pub mod engine;
pub mod history;
pub mod intrinsics;
pub mod jsonata;
mod kept;
pub mod machine;
pub mod mocks;
pub mod path;
pub mod rehearsal;
pub mod retry;
pub mod scope;
mod shared;
pub mod template;
pub mod timestamp;

pub use scope::{Failure, Scope};
pub use shared::Shared;
