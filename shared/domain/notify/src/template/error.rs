//! What is wrong with a template.

/// A template cannot be used, or not with this data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}{}: {message}", .line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct TemplateError {
    /// Which part: `subject`, `html`.
    pub part: String,
    /// Which line of it, from 1 on, if that is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl TemplateError {
    pub(super) fn new(part: &str, line: Option<usize>, message: impl Into<String>) -> Self {
        Self { part: part.to_owned(), line, message: message.into() }
    }

    pub(super) fn of(part: &str, error: &minijinja::Error) -> Self {
        let message = match (error.kind(), error.detail()) {
            (minijinja::ErrorKind::OutOfFuel, _) => "it does too much".to_owned(),
            (kind, Some(detail)) => format!("{kind}: {detail}"),
            (kind, None) => kind.to_string(),
        };
        Self::new(part, error.line(), message)
    }
}
