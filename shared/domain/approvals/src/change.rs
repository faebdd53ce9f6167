//! What happens to an approval, and what it changes.

use crate::{Approval, Outcome, Place, Verdict};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, GroupId, OutboxEntry, Reader, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub user: UserId,
    /// The groups that they are in.
    pub groups: BTreeSet<GroupId>,
    /// Whose substitute they are now, for this approval's category.
    pub substitute_of: BTreeSet<UserId>,
    /// Whether they administer the tenant: may withdraw, delegate for others; never decide what is not theirs.
    pub admin: bool,
    /// From where.
    pub place: Place,
}

/// What is done to an approval.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A seat becomes the actor's alone.
    Claim {
        /// Which; the first that they may take, if none is said.
        seat: Option<u32>,
    },
    /// A seat that they claimed is anyone's again.
    Release {
        /// Which; all of theirs, if none is said.
        seat: Option<u32>,
    },
    /// A seat is handed on.
    Delegate {
        /// Which; the first of theirs, if none is said.
        seat: Option<u32>,
        /// To whom.
        to: UserId,
        /// Why: at most 4,000 characters.
        comment: Option<String>,
    },
    /// A seat is decided.
    Decide {
        /// Which; the first that they may take, if none is said.
        seat: Option<u32>,
        /// How.
        verdict: Verdict,
        /// Why: at most 4,000 characters; needed to reject and to request changes.
        comment: Option<String>,
        /// The form, filled in.
        answers: Map<String, Value>,
        /// The version that they looked at; needed where there is a document.
        document_version: Option<u32>,
        /// The caller's key.
        key: Option<String>,
    },
    /// It is taken back, by its requester or an administrator.
    Withdraw {
        /// Why.
        comment: Option<String>,
    },
    /// Something is said: by whoever may see it.
    Comment {
        /// 1 to 4,000 characters.
        text: String,
        /// Documents, at most 10.
        attachments: Vec<DocumentId>,
    },
}

/// What an action changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The approval as it is then, `seq` raised by one.
    pub approval: Approval,
    /// What is recorded, in order. Never empty, but for a decision that was there already.
    pub events: Vec<Event>,
    /// Who is to be told.
    pub notices: Vec<Notice>,
    /// What its workflow's task succeeds with, if it ended and the workflow waits.
    pub output: Option<Value>,
    /// When time does something to it next.
    pub due_at: Option<DateTime<Utc>>,
    /// True where the very same was done before: there is nothing to commit.
    pub repeated: bool,
}

impl Change {
    /// As the store takes it: behind the number that was seen (none for a new approval), with what is published afterwards.
    pub fn into_commit(
        self,
        expected_seq: Option<u64>,
        messages: Vec<OutboxEntry>,
        link: Option<crate::LinkUse>,
    ) -> crate::Commit {
        crate::Commit {
            open_seats: crate::open_seats(&self.approval),
            approval: self.approval,
            expected_seq,
            events: self.events,
            due_at: self.due_at,
            output: self.output,
            messages,
            link,
        }
    }
}

impl NoticeKind {
    /// The category of its notification, which is also the name of the template: `approval.requested`.
    pub fn category(self) -> &'static str {
        match self {
            Self::Requested => "approval.requested",
            Self::Reminder => "approval.reminder",
            Self::Escalated => "approval.escalated",
            Self::Delegated => "approval.delegated",
            Self::Ended => "approval.ended",
            Self::Commented => "approval.commented",
        }
    }

    /// Whether it asks for a decision.
    pub fn asks(self) -> bool {
        !matches!(self, Self::Ended | Self::Commented)
    }
}

/// Something that is recorded for good: who, when, on whose behalf, from where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// From 1 on, within the approval.
    pub number: u32,
    /// When.
    pub at: DateTime<Utc>,
    /// Who; none where time or the workflow did it.
    pub actor: Option<UserId>,
    /// For whom.
    pub on_behalf_of: Option<UserId>,
    /// From where.
    pub place: Place,
    /// What.
    pub kind: EventKind,
}

/// What is recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the members are those of the action or the rule that the kind is named after")]
pub enum EventKind {
    Requested,
    StageOpened {
        stage: u32,
        name: String,
    },
    StageSkipped {
        stage: u32,
        name: String,
    },
    StageApproved {
        stage: u32,
        name: String,
    },
    Claimed {
        seat: u32,
    },
    Released {
        seat: u32,
    },
    Delegated {
        seat: u32,
        to: UserId,
        comment: Option<String>,
    },
    Decided {
        seat: u32,
        verdict: Verdict,
        comment: Option<String>,
        answers: Map<String, Value>,
        document_version: Option<u32>,
    },
    Reminded {
        stage: u32,
        times: u16,
    },
    Escalated {
        stage: u32,
        to: Vec<Reader>,
        replaced: bool,
    },
    DeadlinePassed {
        stage: u32,
        default: crate::DefaultDecision,
    },
    Commented {
        text: String,
        attachments: Vec<DocumentId>,
    },
    Ended {
        outcome: Outcome,
        comment: Option<String>,
    },
}

/// Somebody is to be told something. Whoever is excluded is told nothing that asks for a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Whom: each once.
    pub to: Vec<Reader>,
    /// What.
    pub kind: NoticeKind,
    /// The seat that they are asked to decide, if it is about one.
    pub seat: Option<u32>,
}

/// What somebody is told. As text, the names of templates: `approval.requested`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// To decide.
    Requested,
    /// To decide, again.
    Reminder,
    /// To decide, as somebody else did not.
    Escalated,
    /// To decide, as somebody handed it on.
    Delegated,
    /// It ended: to its requester, and to those who had claimed a seat.
    Ended,
    /// Somebody said something: to the requester and to those who took part.
    Commented,
}

/// Why an action is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It ended already.
    #[error("the approval has ended")]
    Ended {
        /// How.
        outcome: Outcome,
    },
    /// It is the actor's own request, or their own document.
    #[error("nobody decides what they asked for or wrote themselves")]
    SelfApproval,
    /// There is no such seat, or none that they may take.
    #[error("there is no seat for this person to take")]
    NoSeat,
    /// It is another's: they claimed it.
    #[error("the seat was claimed by {by}")]
    Claimed {
        /// Who.
        by: UserId,
    },
    /// It is decided already, otherwise or by another.
    #[error("the seat is decided")]
    Decided,
    /// The person decided in this approval, where each seat is another person's.
    #[error("this person has decided already, and each decision is another person's")]
    TwiceBySame,
    /// They looked at another version.
    #[error("the approval is about version {expected} of the document")]
    OtherVersion {
        /// The version that it is about.
        expected: u32,
    },
    /// Only its requester or an administrator may.
    #[error("only the requester or an administrator may do this")]
    NotTheirs,
    /// A member is not acceptable.
    #[error("{field}: {message}")]
    Invalid {
        /// Which.
        field: String,
        /// What was expected.
        message: String,
    },
}
