//! Why a request is refused, a message is not done, or a generation fails.

use octavo_domain_generate::{ACTIVE_MAX, Refused, Trouble};
use octavo_domain_kernel::{Code, Fault, FaultKind, FieldFault, PortError};
use std::time::Duration;

/// How long a client with too much under way is asked to wait: about a section.
const ROOM_AFTER: Duration = Duration::from_secs(30);

/// A refusal of this function, or a message that comes again.
#[derive(Debug, thiserror::Error)]
pub enum GenerateFault {
    /// There is none, or it is somebody else's: not told apart.
    #[error("there is no such generation")]
    NotFound,
    /// Too late to cancel.
    #[error("{0}")]
    Ended(Refused),
    /// Nothing to retry.
    #[error("{0}")]
    NotFailed(Refused),
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    IdempotencyKeyReused,
    /// So many of one person's are under way.
    #[error("{ACTIVE_MAX} of your generations are under way; wait for one, or cancel one")]
    TooMany,
    /// It changed again and again in between.
    #[error("the generation keeps changing; try again")]
    Contended,
    /// Not a message that this function understands.
    #[error("the message cannot be read: {0}")]
    Unreadable(String),
    /// A step that could not be done now: its message comes again.
    #[error("the step was postponed: {}: {}", .0.code, .0.message)]
    Postponed(Trouble),
    /// What is needed to do a step is away.
    #[error(transparent)]
    Port(#[from] PortError),
}

const NOT_FOUND: Code = Code::new("GENERATE_0001", "There is no such generation");
const ENDED: Code = Code::new("GENERATE_0002", "The generation cannot be cancelled any more");
const NOT_FAILED: Code = Code::new("GENERATE_0003", "The generation has not failed");
const KEY_REUSED: Code = Code::new("GENERATE_0004", "The idempotency key was used for another request");
const TOO_MANY: Code = Code::new("GENERATE_0005", "Too many generations are under way");
const CONTENDED: Code = Code::new("GENERATE_0006", "The generation keeps changing");
const UNREADABLE: Code = Code::new("GENERATE_0007", "The message cannot be read");
const POSTPONED: Code = Code::new("GENERATE_0008", "A step was postponed");
const NO_SOURCES: Code = Code::new("GENERATE_0009", "No sources were found");
const UNUSABLE: Code = Code::new("GENERATE_0010", "The model's answer cannot be used");
const DECLINED: Code = Code::new("GENERATE_0011", "The model declined");

impl Fault for GenerateFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotFound => FaultKind::NotFound,
            Self::Ended(_) | Self::NotFailed(_) | Self::Contended => FaultKind::Conflict,
            Self::IdempotencyKeyReused => FaultKind::Invalid,
            Self::TooMany => FaultKind::TooManyRequests(ROOM_AFTER),
            Self::Unreadable(_) => FaultKind::Malformed,
            Self::Postponed(_) => FaultKind::Unavailable(ROOM_AFTER),
            Self::Port(error) => error.kind(),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::NotFound => NOT_FOUND,
            Self::Ended(_) => ENDED,
            Self::NotFailed(_) => NOT_FAILED,
            Self::IdempotencyKeyReused => KEY_REUSED,
            Self::TooMany => TOO_MANY,
            Self::Contended => CONTENDED,
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
            Self::NotFound => vec![FieldFault::new("path:id", "expected a generation of your own")],
            Self::IdempotencyKeyReused => {
                vec![FieldFault::new("header:Idempotency-Key", "expected a new key for a new request")]
            }
            _ => Vec::new(),
        }
    }
}

fn trouble(code: Code, message: impl Into<String>) -> Trouble {
    Trouble { code: code.name.to_owned(), message: message.into() }
}

/// Sources were asked for, and there is none that the person may read.
pub(crate) fn no_sources() -> Trouble {
    trouble(NO_SOURCES, "no document that you may read, with text in it, fits what was asked for")
}

/// The model answered something that no document can be made of.
pub(crate) fn unusable(message: &str) -> Trouble {
    trouble(UNUSABLE, message)
}

/// The model, or its provider's filter, did not want to.
pub(crate) fn declined() -> Trouble {
    trouble(DECLINED, "the model declined to write this; other instructions or another model may help")
}

/// A port failed, in words that a person may see.
pub(crate) fn away(error: &PortError) -> Trouble {
    trouble(error.code(), error.detail())
}
