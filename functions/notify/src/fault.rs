//! Why a request is refused, or a message comes again.

use octavo_domain_kernel::{Code, Fault, FaultKind, FieldFault, PortError};
use octavo_domain_notify::TemplateError;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long a client is asked to wait where something cannot be checked now.
const UNCHECKED_AFTER: Duration = Duration::from_secs(30);

/// What of a template is no part of it.
const TOP: [&str; 3] = ["name", "language", "parts"];

/// A refusal of this function, or a message that comes again.
#[derive(Debug, thiserror::Error)]
pub enum NotifyFault {
    /// There is none in this tenant.
    #[error("there is no such {what}")]
    NotFound {
        /// What was looked for: `event`, `message`, `template`.
        what: &'static str,
    },
    /// Another role is needed.
    #[error("this needs the role {role}")]
    RoleMissing {
        /// Which; one of several, as they are said to people.
        role: &'static str,
    },
    /// A part of the request is not acceptable.
    #[error("{field}: {message}")]
    Invalid {
        /// Where.
        field: String,
        /// What was expected.
        message: String,
    },
    /// The key was used for another event.
    #[error("the key was used for another event")]
    KeyReused,
    /// Somebody else changed it meanwhile.
    #[error("it was changed meanwhile: the present revision is {current}")]
    Changed {
        /// The present revision; 0 where there is none.
        current: u32,
    },
    /// Whoever changes it must say what they saw.
    #[error("If-Match is needed: the entity tag of what was read")]
    RevisionNeeded,
    /// The message waits, is under way, or arrived.
    #[error("the message is not one that ended without being delivered")]
    NotOver,
    /// The template cannot be rendered.
    #[error("the template cannot be used: {0}")]
    Template(TemplateError),
    /// There are as many as a tenant may have.
    #[error("there are {limit} already")]
    TooMany {
        /// How many a tenant may have.
        limit: usize,
    },
    /// A callback that does not prove whose it is.
    #[error("the caller does not prove that it is the provider")]
    CallbackUnproved,
    /// A callback that cannot be understood.
    #[error("the callback cannot be read")]
    CallbackUnreadable,
    /// Callbacks cannot be checked now.
    #[error("callbacks cannot be checked now; try again shortly")]
    CallbackUnchecked(#[source] PortError),
    /// Not a message that this function understands.
    #[error("the message cannot be read: {0}")]
    Unreadable(String),
    /// What a whole batch needs is away: its messages come again.
    #[error("the event was postponed: {0}")]
    Postponed(String),
    /// What is needed is away.
    #[error(transparent)]
    Port(#[from] PortError),
}

const NOT_FOUND: Code = Code::new("NOTIFY_0001", "There is no such thing");
const ROLE_MISSING: Code = Code::new("NOTIFY_0002", "Another role is needed");
const INVALID: Code = Code::new("NOTIFY_0003", "A part of the request is not acceptable");
const KEY_REUSED: Code = Code::new("NOTIFY_0004", "The key was used for another event");
const CHANGED: Code = Code::new("NOTIFY_0005", "It was changed meanwhile");
const REVISION_NEEDED: Code = Code::new("NOTIFY_0006", "If-Match is needed");
const NOT_OVER: Code = Code::new("NOTIFY_0007", "The message cannot be sent again");
const TEMPLATE: Code = Code::new("NOTIFY_0008", "The template cannot be used");
const TOO_MANY: Code = Code::new("NOTIFY_0009", "There are too many");
const CALLBACK_UNPROVED: Code = Code::new("NOTIFY_0010", "The callback is not believed");
const CALLBACK_UNREADABLE: Code = Code::new("NOTIFY_0011", "The callback cannot be read");
const CALLBACK_UNCHECKED: Code = Code::new("NOTIFY_0012", "Callbacks cannot be checked now");
const UNREADABLE: Code = Code::new("NOTIFY_0013", "The message cannot be read");
const POSTPONED: Code = Code::new("NOTIFY_0014", "An event was postponed");

impl Fault for NotifyFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotFound { .. } => FaultKind::NotFound,
            Self::RoleMissing { .. } => FaultKind::Forbidden,
            Self::Invalid { .. } | Self::KeyReused | Self::Template(_) => FaultKind::Invalid,
            Self::Changed { .. } => FaultKind::PreconditionFailed,
            Self::RevisionNeeded => FaultKind::PreconditionRequired,
            Self::NotOver | Self::TooMany { .. } => FaultKind::Conflict,
            Self::CallbackUnproved => FaultKind::Unauthenticated,
            Self::CallbackUnreadable | Self::Unreadable(_) => FaultKind::Malformed,
            Self::CallbackUnchecked(_) | Self::Postponed(_) => FaultKind::Unavailable(UNCHECKED_AFTER),
            Self::Port(error) => error.kind(),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::NotFound { .. } => NOT_FOUND,
            Self::RoleMissing { .. } => ROLE_MISSING,
            Self::Invalid { .. } => INVALID,
            Self::KeyReused => KEY_REUSED,
            Self::Changed { .. } => CHANGED,
            Self::RevisionNeeded => REVISION_NEEDED,
            Self::NotOver => NOT_OVER,
            Self::Template(_) => TEMPLATE,
            Self::TooMany { .. } => TOO_MANY,
            Self::CallbackUnproved => CALLBACK_UNPROVED,
            Self::CallbackUnreadable => CALLBACK_UNREADABLE,
            Self::CallbackUnchecked(_) => CALLBACK_UNCHECKED,
            Self::Unreadable(_) => UNREADABLE,
            Self::Postponed(_) => POSTPONED,
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
            Self::Invalid { field, message } => vec![FieldFault::new(field, message)],
            Self::Template(error) => {
                let field = if TOP.contains(&error.part.as_str()) {
                    error.part.clone()
                } else {
                    format!("parts.{}", error.part)
                };
                vec![FieldFault::new(field, error.to_string())]
            }
            Self::KeyReused => vec![FieldFault::new("key", "expected a new key for a new event")],
            Self::Changed { .. } | Self::RevisionNeeded => {
                vec![FieldFault::new("header:If-Match", "expected the entity tag of the present revision")]
            }
            _ => Vec::new(),
        }
    }

    fn extensions(&self) -> Map<String, Value> {
        match self {
            Self::Changed { current } => Map::from_iter([("current_revision".to_owned(), json!(current))]),
            Self::Template(error) => Map::from_iter([("line".to_owned(), json!(error.line))]),
            _ => Map::new(),
        }
    }
}

impl From<octavo_domain_notify::Invalid> for NotifyFault {
    fn from(invalid: octavo_domain_notify::Invalid) -> Self {
        Self::Invalid { field: invalid.field, message: invalid.message.to_owned() }
    }
}
