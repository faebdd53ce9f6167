//! What can go wrong, as a hub's author sees it.

use octavo_domain_kernel::PortError;
use std::error::Error;

/// Why a hub's method or handler fails.
#[derive(Debug, thiserror::Error)]
pub enum HubFault {
    /// The caller may know: it is shown its text.
    #[error("{0}")]
    Refused(String),
    /// The caller is told only that it was unexpected; the cause is logged.
    #[error("{0}")]
    Internal(#[source] Box<dyn Error + Send + Sync>),
}

impl HubFault {
    /// Shown to the caller.
    pub fn refused(text: impl Into<String>) -> Self {
        Self::Refused(text.into())
    }

    /// Logged, and hidden from the caller.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<PortError> for HubFault {
    fn from(error: PortError) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<SendFault> for HubFault {
    fn from(error: SendFault) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<ClientFault> for HubFault {
    fn from(error: ClientFault) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Why a message was not sent to all.
#[derive(Debug, thiserror::Error)]
pub enum SendFault {
    /// A group's name that is none.
    #[error(transparent)]
    Name(#[from] octavo_domain_realtime::InvalidName),
    /// The arguments cannot be encoded.
    #[error("cannot be encoded: {0}")]
    Encoding(String),
    /// The connections of this node have it (unless it was a durable one); those of other nodes do not.
    #[error("other nodes were not reached: {0}")]
    Backplane(#[from] PortError),
}

/// Why a client did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientFault {
    /// It answered with an error: its text, or that it has no handler.
    #[error("{0}")]
    Failed(String),
    /// Its answer is not what was wanted.
    #[error("the client's result is not as expected: {0}")]
    Unexpected(String),
    /// It did not answer in time.
    #[error("the client did not answer in time")]
    Timeout,
    /// It is not there any more.
    #[error("the connection is gone")]
    Gone,
    /// It is asked too much at once already.
    #[error("too many answers are awaited from this client")]
    TooMany,
    /// The arguments cannot be encoded.
    #[error("cannot be encoded: {0}")]
    Encoding(String),
}

/// Why a server cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerFault {
    /// Two hubs of one name.
    #[error("two hubs are called {0}")]
    HubTwice(String),
    /// Two methods of one name, read without case.
    #[error("hub {hub} has two methods {method}")]
    MethodTwice {
        /// Where.
        hub: String,
        /// Which.
        method: String,
    },
}
