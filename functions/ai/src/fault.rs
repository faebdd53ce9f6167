//! Why the gateway refuses, or has no answer.

use octavo_domain_ai::ports::RateLeft;
use octavo_domain_ai::routing::Unroutable;
use octavo_domain_ai::{FaultClass, ProviderFault};
use octavo_domain_kernel::{Code, Fault, FaultKind, FieldFault, PortError};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long a caller is asked to wait where nobody knows better.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AiFault {
    /// Parts of the request are wrong.
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldFault>),
    /// No model can be called for it.
    #[error(transparent)]
    Unroutable(#[from] Unroutable),
    /// A word or phrase of the block list.
    #[error("the request holds something that your organisation does not send to AI providers")]
    Blocked,
    /// Over a rate.
    #[error("over the limit of {} {} at once", .left.limit, unit(&.left.name))]
    RateLimited {
        /// The rate.
        left: RateLeft,
        /// When to try again; none where it never helps.
        retry_after: Option<Duration>,
    },
    /// A budget is used up.
    #[error("the budget {name} is used up")]
    BudgetExceeded {
        /// Its name.
        name: String,
        /// When it begins anew.
        ends_in: Duration,
    },
    /// Every provider that was tried failed, the last one so.
    #[error("{}", provider_text(.fault))]
    Provider {
        /// Which; empty where none could be tried.
        provider: String,
        /// How.
        fault: ProviderFault,
    },
    /// The caller's deadline passed.
    #[error("no answer within {} ms", .after.as_millis())]
    Deadline {
        /// The deadline.
        after: Duration,
    },
    /// The caller's role does not suffice.
    #[error("this needs the role {role}")]
    RoleMissing {
        /// `admin` or `operator`.
        role: &'static str,
    },
    /// No such thing.
    #[error("there is no such {what}")]
    NotFound {
        /// `API key`, `provider key`, `breaker`, `transcript`.
        what: &'static str,
    },
    /// The policy was changed by somebody else.
    #[error("the policy is at revision {current} now")]
    PolicyStale {
        /// Its revision.
        current: i64,
    },
    /// A change of a policy must say which revision it is made on.
    #[error("If-Match is needed: a policy is changed on the revision that was read")]
    PolicyUnconditional,
    /// The tenant has as many API keys as it may.
    #[error("there are 1,000 API keys already; revoke one")]
    KeysFull,
    /// An engine is away.
    #[error(transparent)]
    Port(#[from] PortError),
}

fn summary(fields: &[FieldFault]) -> String {
    match fields {
        [one] => format!("{}: {}", one.field, one.message),
        several => format!("{} parts of the request are not acceptable", several.len()),
    }
}

fn unit(name: &str) -> &str {
    name.split(':').next().unwrap_or(name)
}

/// What a caller is told of a provider's failure: its own words only where they are about the caller's request. The rest
/// may speak of our account with the provider.
fn provider_text(fault: &ProviderFault) -> String {
    match fault.class {
        FaultClass::InvalidRequest | FaultClass::TooLarge | FaultClass::NotFound => fault.message.clone(),
        FaultClass::RateLimited | FaultClass::Overloaded => "the AI providers are busy; try again shortly".to_owned(),
        FaultClass::Authentication | FaultClass::Permission | FaultClass::Quota => {
            "the AI provider does not accept the platform's account; its operators know".to_owned()
        }
        FaultClass::Timeout => "the AI provider did not answer in time".to_owned(),
        FaultClass::Server | FaultClass::Network => "the AI provider failed".to_owned(),
        FaultClass::Protocol => "the AI provider's answer could not be understood".to_owned(),
    }
}

const INVALID: Code = Code::new("AI_0001", "The request to the model is not acceptable");
const UNKNOWN_MODEL: Code = Code::new("AI_0002", "There is no such model");
const NOT_ALLOWED: Code = Code::new("AI_0003", "The organisation's policy does not allow it");
const INCAPABLE: Code = Code::new("AI_0004", "No model can do what is asked");
const TOO_LONG: Code = Code::new("AI_0005", "The prompt does not fit into the model");
const UNPRICED: Code = Code::new("AI_0006", "The model has no price");
const NO_PROVIDER: Code = Code::new("AI_0007", "No provider is configured");
const BLOCKED: Code = Code::new("AI_0008", "The request was blocked");
const RATE_LIMITED: Code = Code::new("AI_0009", "Over a rate limit");
const BUDGET: Code = Code::new("AI_0010", "A budget is used up");
const PROVIDER: Code = Code::new("AI_0011", "The AI provider gave no answer");
const DEADLINE: Code = Code::new("AI_0012", "No answer within the deadline");
const ROLE_MISSING: Code = Code::new("AI_0013", "Another role is needed");
const NOT_FOUND: Code = Code::new("AI_0014", "There is no such key, breaker or transcript");
const POLICY_STALE: Code = Code::new("AI_0015", "The policy was changed in between");
const POLICY_UNCONDITIONAL: Code = Code::new("AI_0016", "A change of the policy needs If-Match");
const KEYS_FULL: Code = Code::new("AI_0017", "There are as many API keys as there may be");

impl AiFault {
    /// Whether the client's SDK should send the same request again by itself: not after the gateway has tried for it.
    pub(crate) fn should_retry(&self) -> bool {
        match self {
            Self::RateLimited { retry_after, .. } => retry_after.is_some(),
            Self::Port(error) => error.is_retryable(),
            _ => false,
        }
    }
}

impl Fault for AiFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Invalid(_) | Self::Blocked => FaultKind::Malformed,
            Self::Unroutable(unroutable) => match unroutable {
                Unroutable::Incapable { .. } | Unroutable::TooLong { .. } => FaultKind::Malformed,
                Unroutable::UnknownModel { .. } => FaultKind::NotFound,
                Unroutable::NotAllowed { .. } | Unroutable::Unpriced { .. } => FaultKind::Forbidden,
                Unroutable::NoProvider { .. } => FaultKind::Unavailable(RETRY_AFTER),
            },
            Self::NotFound { .. } => FaultKind::NotFound,
            Self::RoleMissing { .. } => FaultKind::Forbidden,
            Self::RateLimited { retry_after, .. } => FaultKind::TooManyRequests(retry_after.unwrap_or(RETRY_AFTER)),
            Self::BudgetExceeded { ends_in, .. } => FaultKind::TooManyRequests(*ends_in),
            Self::Provider { fault, .. } => match fault.class {
                // What is wrong with the request is the caller's to mend: never a 502.
                FaultClass::InvalidRequest => FaultKind::Malformed,
                FaultClass::TooLarge => FaultKind::TooLarge,
                FaultClass::NotFound => FaultKind::NotFound,
                FaultClass::RateLimited => FaultKind::TooManyRequests(fault.retry_after.unwrap_or(RETRY_AFTER)),
                FaultClass::Overloaded | FaultClass::Authentication | FaultClass::Permission | FaultClass::Quota => {
                    FaultKind::Unavailable(fault.retry_after.unwrap_or(RETRY_AFTER))
                }
                FaultClass::Timeout => FaultKind::Timeout,
                FaultClass::Server | FaultClass::Network | FaultClass::Protocol => FaultKind::BadGateway,
            },
            Self::Deadline { .. } => FaultKind::Timeout,
            Self::PolicyStale { .. } => FaultKind::PreconditionFailed,
            Self::PolicyUnconditional => FaultKind::PreconditionRequired,
            Self::KeysFull => FaultKind::Conflict,
            Self::Port(error) => error.kind(),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Invalid(_) => INVALID,
            Self::Unroutable(unroutable) => match unroutable {
                Unroutable::UnknownModel { .. } => UNKNOWN_MODEL,
                Unroutable::NotAllowed { .. } => NOT_ALLOWED,
                Unroutable::Incapable { .. } => INCAPABLE,
                Unroutable::TooLong { .. } => TOO_LONG,
                Unroutable::Unpriced { .. } => UNPRICED,
                Unroutable::NoProvider { .. } => NO_PROVIDER,
            },
            Self::Blocked => BLOCKED,
            Self::RateLimited { .. } => RATE_LIMITED,
            Self::BudgetExceeded { .. } => BUDGET,
            Self::Provider { .. } => PROVIDER,
            Self::Deadline { .. } => DEADLINE,
            Self::RoleMissing { .. } => ROLE_MISSING,
            Self::NotFound { .. } => NOT_FOUND,
            Self::PolicyStale { .. } => POLICY_STALE,
            Self::PolicyUnconditional => POLICY_UNCONDITIONAL,
            Self::KeysFull => KEYS_FULL,
            Self::Port(error) => error.code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Port(error) => error.detail(),
            fault => fault.to_string(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            Self::Unroutable(Unroutable::TooLong { .. }) => vec![FieldFault::new("messages", self.to_string())],
            Self::Unroutable(_) => vec![FieldFault::new("model", self.to_string())],
            Self::Provider { fault, .. } if fault.class == FaultClass::InvalidRequest => {
                fault.param.iter().map(|param| FieldFault::new(param.clone(), fault.message.clone())).collect()
            }
            _ => Vec::new(),
        }
    }

    fn extensions(&self) -> Map<String, Value> {
        let extensions = match self {
            Self::PolicyStale { current } => json!({ "current_revision": current }),
            Self::Provider { provider, fault } => json!({ "provider": provider, "class": fault.class.as_str() }),
            Self::BudgetExceeded { name, .. } => json!({ "budget": name }),
            Self::RateLimited { left, .. } => json!({ "limit": left.limit, "rate": left.name }),
            _ => return Map::new(),
        };
        extensions.as_object().cloned().unwrap_or_default()
    }
}
