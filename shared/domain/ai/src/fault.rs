//! Why a provider gave no answer.

use std::fmt;
use std::time::Duration;

/// What kind of failure it is: what is decided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultClass {
    /// The caller's request is wrong: nobody else would answer it either.
    InvalidRequest,
    /// The request is too large for this model.
    TooLarge,
    /// The provider's key is not accepted.
    Authentication,
    /// The key may not do this.
    Permission,
    /// There is no such model there.
    NotFound,
    /// Over the provider's rate.
    RateLimited,
    /// The account with the provider has no money left.
    Quota,
    /// Too busy (503, 529).
    Overloaded,
    /// A failure of the provider's (5xx).
    Server,
    /// No answer, or no further piece of one, in time.
    Timeout,
    /// Not reached, or cut off.
    Network,
    /// What came cannot be understood, or ended too early.
    Protocol,
}

impl FaultClass {
    /// The name in metrics and in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::TooLarge => "too_large",
            Self::Authentication => "authentication",
            Self::Permission => "permission",
            Self::NotFound => "not_found",
            Self::RateLimited => "rate_limited",
            Self::Quota => "quota",
            Self::Overloaded => "overloaded",
            Self::Server => "server",
            Self::Timeout => "timeout",
            Self::Network => "network",
            Self::Protocol => "protocol",
        }
    }
}

/// Why a provider gave no answer, as it said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFault {
    /// What kind.
    pub class: FaultClass,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// In the provider's words; ours where it said nothing.
    pub message: String,
    /// The provider's `type`.
    pub kind: Option<String>,
    /// The provider's `code`.
    pub code: Option<String>,
    /// The field that is wrong, as the provider names it.
    pub param: Option<String>,
    /// When to try again, as the provider said it.
    pub retry_after: Option<Duration>,
    /// The provider's name of the request.
    pub request_id: Option<String>,
}

impl ProviderFault {
    /// A failure of this class, in our words.
    pub fn new(class: FaultClass, message: impl Into<String>) -> Self {
        Self {
            class,
            status: None,
            message: message.into(),
            kind: None,
            code: None,
            param: None,
            retry_after: None,
            request_id: None,
        }
    }

    /// Whether the same request to the same target may succeed a moment later.
    pub fn is_retryable(&self) -> bool {
        use FaultClass::{Network, Overloaded, Protocol, RateLimited, Server, Timeout};
        matches!(self.class, RateLimited | Overloaded | Server | Timeout | Network | Protocol)
    }

    /// Whether another target may succeed.
    pub fn fails_over(&self) -> bool {
        self.class != FaultClass::InvalidRequest
    }

    /// Whether it speaks against the target's health. A wrong request does not.
    pub fn counts_against_target(&self) -> bool {
        !matches!(self.class, FaultClass::InvalidRequest | FaultClass::TooLarge)
    }
}

impl fmt::Display for ProviderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class.as_str(), self.message)
    }
}

impl std::error::Error for ProviderFault {}
