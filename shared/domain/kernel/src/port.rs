//! The one error that every port returns.

use std::error::Error as StdError;
use std::fmt;

/// What a caller can decide on when something outside failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PortErrorKind {
    /// What was addressed is not there, where it had to be. (A look-up that may find nothing returns `Ok(None)`.)
    NotFound,
    /// The state was not what the caller took it for; read again and decide again.
    Conflict,
    /// The other side is away, or refuses for now. Retry later.
    Unavailable,
    /// No answer in time; whether the effect took place is unknown. Retry only what is idempotent.
    Timeout,
    /// The other side does not let us.
    Denied,
    /// What came back cannot be understood, or what was asked is malformed: retrying cannot help.
    Corrupt,
}

/// A failure of something outside, with its cause for the log.
#[derive(Debug)]
pub struct PortError {
    /// What the caller decides on.
    pub kind: PortErrorKind,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl PortError {
    /// A failure of `kind` because of `source`.
    pub fn new(kind: PortErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { kind, source: Some(source.into()) }
    }

    /// The other side is away, because of `source`.
    pub fn unavailable(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(PortErrorKind::Unavailable, source)
    }

    /// What came back cannot be understood, because of `source`.
    pub fn corrupt(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(PortErrorKind::Corrupt, source)
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, PortErrorKind::Unavailable | PortErrorKind::Timeout | PortErrorKind::Conflict)
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            PortErrorKind::NotFound => "not found",
            PortErrorKind::Conflict => "conflict",
            PortErrorKind::Unavailable => "unavailable",
            PortErrorKind::Timeout => "timed out",
            PortErrorKind::Denied => "denied",
            PortErrorKind::Corrupt => "corrupt",
        };
        match &self.source {
            Some(source) => write!(f, "{kind}: {source}"),
            None => f.write_str(kind),
        }
    }
}

impl StdError for PortError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl From<PortErrorKind> for PortError {
    fn from(kind: PortErrorKind) -> Self {
        Self { kind, source: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_its_kind_and_its_cause() {
        let error = PortError::unavailable("connection refused");
        assert_eq!(error.to_string(), "unavailable: connection refused");
        assert!(error.is_retryable());
        assert!(!PortError::corrupt("not JSON").is_retryable());
    }
}
