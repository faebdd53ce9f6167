//! Functions, as event sources see them.

use async_trait::async_trait;
use bytes::Bytes;

/// Why an invocation gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The function runs as often at a time as it may. It did not see the event.
    #[error("the function is throttled")]
    Throttled,
    /// The function could not be started or reached. It did not see the event, or it is not known whether it did.
    #[error("the function cannot be invoked now: {0}")]
    Unavailable(String),
    /// The function saw the event and failed.
    #[error("{kind}: {message}")]
    FunctionError {
        /// The error's type, for example `Runtime.ExitError`.
        kind: String,
        /// What it says.
        message: String,
        /// The whole error as the function gave it.
        payload: Bytes,
    },
    /// The event or the answer is over the limit (6 MB).
    #[error("the event or the answer is too large: {0}")]
    TooLarge(String),
    /// The function was stopped at its deadline.
    #[error("the function was stopped at its deadline")]
    Timeout,
}

/// Invokes functions: through the emulator's sandboxes, or AWS Lambda.
#[async_trait]
pub trait Invoker: Send + Sync {
    /// Invokes `function` with a JSON event, waits for its end, and gives its answer. Bounded by the function's own
    /// deadline.
    async fn invoke(&self, function: &str, payload: Bytes) -> Result<Bytes, InvokeError>;
}
