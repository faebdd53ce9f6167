//! A path is steps down into a value.

use super::filter::Filter;
use super::function::Function;
use super::{find, parse};
use serde_json::Value;

/// The longest path, in characters.
pub const PATH_CHARS_MAX: usize = 4_096;

/// A path that cannot be read, or that finds nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PathFault {
    /// Where in the text, in characters from 0; none when a well-formed path found nothing.
    pub at: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl PathFault {
    pub(crate) fn syntax(at: usize, message: impl Into<String>) -> Self {
        Self { at: Some(at), message: message.into() }
    }

    pub(crate) fn nothing(message: impl Into<String>) -> Self {
        Self { at: None, message: message.into() }
    }
}

/// A path for reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    pub(super) steps: Vec<Step>,
    pub(super) function: Option<Function>,
}

/// One step down.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// `.name`, `['name']`, `['a','b']`.
    Names(Vec<String>),
    /// `[0]`, `[-1]`, `[0,2]`.
    Indexes(Vec<i64>),
    /// `[1:5]`, `[:-1]`, `[::2]`.
    Slice { from: Option<i64>, to: Option<i64>, by: i64 },
    /// `.*`, `[*]`.
    Wildcard,
    /// `[?( ... )]`.
    Filter(Filter),
    /// `..`: the value and everything inside it, for the step that follows.
    Descend,
}

impl Step {
    pub(super) fn is_definite(&self) -> bool {
        match self {
            Self::Names(names) => names.len() == 1,
            Self::Indexes(indexes) => indexes.len() == 1,
            Self::Slice { .. } | Self::Wildcard | Self::Filter(_) | Self::Descend => false,
        }
    }
}

impl Path {
    /// Reads a path such as `$.a['b'][0:2]..c[?(@.d > 1)]`. It begins with `$`; variables and the context object are the
    /// template's: see [`crate::template`].
    pub fn parse(text: &str) -> Result<Self, PathFault> {
        parse::path(text)
    }

    /// What the path points at. An indefinite path answers a list, perhaps an empty one; a definite one that finds
    /// nothing is a fault whose message the service gives too.
    pub fn find(&self, root: &Value) -> Result<Value, PathFault> {
        find::find(self, root)
    }

    /// Whether the path points at one place at most.
    pub fn is_definite(&self) -> bool {
        self.function.is_some() || self.steps.iter().all(Step::is_definite)
    }
}
