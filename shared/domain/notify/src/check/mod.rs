//! What is acceptable of what is said from outside: shapes and limits, each refusal with where it is.

mod event;
mod person;
mod preferences;
mod settings;
mod shape;

pub use shape::Invalid;
pub(crate) use shape::{is_category, is_language};
