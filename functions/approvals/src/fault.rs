//! Why a request is refused, or a message is not done.

use octavo_domain_approvals::{Outcome, Refused};
use octavo_domain_kernel::{Code, Fault, FaultKind, FieldFault, PortError, UserId};
use octavo_wiring_edge::{EdgeFault, Problem};
use serde_json::{Map, Value, json};

/// A refusal of this function, or a message that comes again.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalsFault {
    /// There is none, or it is not for this person to see: not told apart.
    #[error("there is no such approval")]
    NotFound,
    /// Too late.
    #[error("the approval has ended: {}", word(*.0))]
    Ended(Outcome),
    /// Their own request, or their own document.
    #[error("nobody decides what they asked for or wrote themselves")]
    SelfApproval,
    /// Not among those who may decide.
    #[error("there is no seat for you to take")]
    NoSeat,
    /// Another one's.
    #[error("the seat was claimed by {by}")]
    Claimed {
        /// Whose.
        by: UserId,
    },
    /// Decided, otherwise or by another.
    #[error("the seat is decided already")]
    Decided,
    /// Each decision is another person's.
    #[error("you have decided already, and each decision is another person's")]
    TwiceBySame,
    /// They looked at another version.
    #[error("the approval is about version {expected} of the document")]
    OtherVersion {
        /// The version that it is about.
        expected: u32,
    },
    /// The requester's, or an administrator's.
    #[error("only the requester or an administrator may do this")]
    NotTheirs,
    /// It changed again and again in between.
    #[error("the approval keeps changing; try again")]
    Contended,
    /// An administrator's.
    #[error("only an administrator may do this")]
    AdminOnly,
    /// No such substitution, or not theirs.
    #[error("there is no such substitution")]
    NoSubstitution,
    /// No such calendar.
    #[error("there is no such calendar")]
    NoCalendar,
    /// No such template.
    #[error("there is no such template")]
    NoTemplate,
    /// As many as there may be.
    #[error("there are as many as there may be: at most {0}")]
    TooMany(u32),
    /// The approval is about none, or the version is gone.
    #[error("there is no such document: the approval is about none, or its version is not kept any more")]
    NoDocument,
    /// Not a message that this function understands.
    #[error("the message cannot be read: {0}")]
    Unreadable(String),
    /// Something that is needed is away.
    #[error(transparent)]
    Port(#[from] PortError),
}

const NOT_FOUND: Code = Code::new("APPROVALS_0001", "There is no such approval");
const ENDED: Code = Code::new("APPROVALS_0002", "The approval has ended");
const SELF_APPROVAL: Code = Code::new("APPROVALS_0003", "Nobody approves their own request");
const NO_SEAT: Code = Code::new("APPROVALS_0004", "There is no seat to take");
const CLAIMED: Code = Code::new("APPROVALS_0005", "The seat was claimed by somebody else");
const DECIDED: Code = Code::new("APPROVALS_0006", "The seat is decided already");
const TWICE: Code = Code::new("APPROVALS_0007", "Each decision is another person's");
const OTHER_VERSION: Code = Code::new("APPROVALS_0008", "The approval is about another version");
const NOT_THEIRS: Code = Code::new("APPROVALS_0009", "Only the requester or an administrator may do this");
const CONTENDED: Code = Code::new("APPROVALS_0010", "The approval keeps changing");
const ADMIN_ONLY: Code = Code::new("APPROVALS_0011", "Only an administrator may do this");
const NO_SUBSTITUTION: Code = Code::new("APPROVALS_0012", "There is no such substitution");
const NO_CALENDAR: Code = Code::new("APPROVALS_0013", "There is no such calendar");
const NO_TEMPLATE: Code = Code::new("APPROVALS_0014", "There is no such template");
const TOO_MANY: Code = Code::new("APPROVALS_0015", "There are as many as there may be");
const NO_DOCUMENT: Code = Code::new("APPROVALS_0016", "There is no such document or version");
const UNREADABLE: Code = Code::new("APPROVALS_0017", "The message cannot be read");

impl Fault for ApprovalsFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotFound | Self::NoSubstitution | Self::NoCalendar | Self::NoTemplate | Self::NoDocument => {
                FaultKind::NotFound
            }
            Self::SelfApproval | Self::NoSeat | Self::NotTheirs | Self::AdminOnly => FaultKind::Forbidden,
            Self::Ended(_)
            | Self::Claimed { .. }
            | Self::Decided
            | Self::TwiceBySame
            | Self::OtherVersion { .. }
            | Self::Contended
            | Self::TooMany(_) => FaultKind::Conflict,
            Self::Unreadable(_) => FaultKind::Malformed,
            Self::Port(error) => error.kind(),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::NotFound => NOT_FOUND,
            Self::Ended(_) => ENDED,
            Self::SelfApproval => SELF_APPROVAL,
            Self::NoSeat => NO_SEAT,
            Self::Claimed { .. } => CLAIMED,
            Self::Decided => DECIDED,
            Self::TwiceBySame => TWICE,
            Self::OtherVersion { .. } => OTHER_VERSION,
            Self::NotTheirs => NOT_THEIRS,
            Self::Contended => CONTENDED,
            Self::AdminOnly => ADMIN_ONLY,
            Self::NoSubstitution => NO_SUBSTITUTION,
            Self::NoCalendar => NO_CALENDAR,
            Self::NoTemplate => NO_TEMPLATE,
            Self::TooMany(_) => TOO_MANY,
            Self::NoDocument => NO_DOCUMENT,
            Self::Unreadable(_) => UNREADABLE,
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
            Self::NotFound => vec![FieldFault::new("path:id", "expected an approval that you may see")],
            Self::OtherVersion { expected } => {
                vec![FieldFault::new("document_version", format!("expected {expected}"))]
            }
            _ => Vec::new(),
        }
    }

    fn extensions(&self) -> Map<String, Value> {
        let member = |name: &str, value: Value| Map::from_iter([(name.to_owned(), value)]);
        match self {
            Self::Ended(outcome) => member("outcome", json!(outcome)),
            Self::Claimed { by } => member("claimed_by", json!(by)),
            Self::OtherVersion { expected } => member("document_version", json!(expected)),
            _ => Map::new(),
        }
    }
}

/// A refusal of the rules as the caller is told it.
pub(crate) fn refused(refused: Refused) -> Problem {
    match refused {
        Refused::Ended { outcome } => ApprovalsFault::Ended(outcome).into(),
        Refused::SelfApproval => ApprovalsFault::SelfApproval.into(),
        Refused::NoSeat => ApprovalsFault::NoSeat.into(),
        Refused::Claimed { by } => ApprovalsFault::Claimed { by }.into(),
        Refused::Decided => ApprovalsFault::Decided.into(),
        Refused::TwiceBySame => ApprovalsFault::TwiceBySame.into(),
        Refused::OtherVersion { expected } => ApprovalsFault::OtherVersion { expected }.into(),
        Refused::NotTheirs => ApprovalsFault::NotTheirs.into(),
        Refused::Invalid { field, message } => EdgeFault::invalid(field, message).into(),
    }
}

/// How an approval ended, for people.
pub(crate) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Approved => "approved",
        Outcome::Rejected => "rejected",
        Outcome::ChangesRequested => "changes were requested",
        Outcome::Expired => "nobody decided in time",
        Outcome::Withdrawn => "it was withdrawn",
        Outcome::Cancelled => "its workflow does not wait any more",
    }
}
