//! What can go wrong with an invocation.

use serde::Serialize;

/// The function itself failed: what AWS reports with `X-Amz-Function-Error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{error_type}: {error_message}")]
pub struct FunctionError {
    /// For example `Runtime.ExitError`, or the function's own.
    #[serde(rename = "errorType")]
    pub error_type: String,
    /// In words.
    #[serde(rename = "errorMessage")]
    pub error_message: String,
}

impl FunctionError {
    pub(crate) fn new(error_type: &str, error_message: impl Into<String>) -> Self {
        Self { error_type: error_type.to_owned(), error_message: error_message.into() }
    }
}

/// The service could not run the function: what AWS reports by an HTTP status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// There is no such function.
    #[error("Function not found: {0}")]
    NotFound(String),
    /// All sandboxes are busy and too many invocations wait already.
    #[error("Rate Exceeded.")]
    Throttled,
    /// The event is too large.
    #[error("{bytes} byte payload is too large for the Invoke operation (limit {limit} bytes)")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The most that is taken.
        limit: usize,
    },
    /// The service stops.
    #[error("the service is stopping")]
    Stopping,
}
