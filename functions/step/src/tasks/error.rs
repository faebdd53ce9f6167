//! How a task fails, in the service's words.

use super::perform::Call;
use crate::answers::Done;
use octavo_domain_workflow::machine::Event;
use std::fmt;

/// The longest error, in characters: the service's own limit.
const ERROR_CHARS_MAX: usize = 256;
/// The longest cause, in characters: the service's own limit.
const CAUSE_CHARS_MAX: usize = 32_768;

/// Why a task failed: what `Retry` and `Catch` match, and what people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failed {
    pub(crate) error: String,
    pub(crate) cause: String,
}

impl Failed {
    pub(crate) fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { error: cut(error.into(), ERROR_CHARS_MAX), cause: cut(cause.into(), CAUSE_CHARS_MAX) }
    }

    /// A parameter that is missing or wrong: the service says so when it would make the call.
    pub(crate) fn parameter(path: &str, problem: impl fmt::Display) -> Self {
        Self::new("States.Runtime", format!("The parameter {path} cannot be used: {problem}."))
    }

    /// Not what this tenant may do.
    pub(crate) fn permission(cause: impl Into<String>) -> Self {
        Self::new("States.Permissions", cause)
    }

    /// Told as the task's end.
    pub(crate) fn events(self) -> Vec<Event> {
        let Self { error, cause } = self;
        vec![Event::TaskStarted { worker: None }, Event::TaskFailed { error: Some(error), cause: Some(cause) }]
    }
}

impl From<Failed> for Done {
    fn from(failed: Failed) -> Self {
        Self::Told(failed.events())
    }
}

/// A service that refuses, and how its client reports that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Service {
    /// What its errors' names begin with.
    errors: &'static str,
    /// What the service is called in a cause; none in an integration of the client itself.
    service: Option<&'static str>,
}

impl Service {
    /// An integration of the service's own.
    pub(super) const fn named(errors: &'static str, service: &'static str) -> Self {
        Self { errors, service: Some(service) }
    }

    /// `aws-sdk:...`.
    pub(super) const fn sdk(errors: &'static str) -> Self {
        Self { errors, service: None }
    }

    /// A refusal of the operation with this code, status 400.
    pub(super) fn refusal(self, call: &Call<'_>, code: &str, message: &str) -> Failed {
        let request = &call.idempotency_key;
        let cause = match self.service {
            Some(service) => refused(service, message, 400, code, request),
            None => format!(
                "{message} (Service: {}, Status Code: 400, Request ID: {request}) (SDK Attempt Count: 1)",
                self.errors
            ),
        };
        let code = code.strip_suffix("Exception").unwrap_or(code);
        Failed::new(format!("{}.{code}Exception", self.errors), cause)
    }
}

/// A refusal of another service, as its client would report it.
pub(super) fn refused(service: &str, message: &str, status: u16, code: &str, request_id: impl fmt::Display) -> String {
    format!(
        "{message} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {request_id}; Proxy: null)"
    )
}

fn cut(text: String, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_at_a_character() {
        let failed = Failed::new("é".repeat(300), "ü".repeat(40_000));
        assert_eq!((failed.error.chars().count(), failed.cause.chars().count()), (ERROR_CHARS_MAX, CAUSE_CHARS_MAX));
    }
}
