//! What an operation is called with, and what it answers.

use crate::caller::Caller;
use serde::Serialize;

/// A call of an operation, besides its input.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Who calls.
    pub(crate) caller: Caller,
    /// The write that a read must not be older than: the header `octavo-read-after`.
    pub(crate) read_after: Option<String>,
}

/// An operation's answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply<O> {
    /// Its members.
    pub(crate) output: O,
    /// The position of its write, where one is told: the header `octavo-written`.
    pub(crate) written: Option<String>,
}

impl<O> From<O> for Reply<O> {
    fn from(output: O) -> Self {
        Self { output, written: None }
    }
}

/// The answer of an operation that has nothing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Nothing {}
