//! An approval as it stands.

use crate::Request;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, Reader, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;
use uuid::Uuid;

/// Which approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = Uuid)]
pub struct ApprovalId(pub Uuid);

impl fmt::Display for ApprovalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An approval. Stored whole; what is looked for is stored beside it ([`Commit`](crate::Commit)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// Which: the same for the same task of a workflow, however often it is asked for.
    pub id: ApprovalId,
    /// How often it was changed, 1 when it is new: whoever changes it says which number they saw.
    pub seq: u64,
    /// As it was asked for, with its stages written out.
    pub request: Request,
    /// Whose workflow asks.
    pub requester: UserId,
    /// Who may not decide, on no path: the requester, for whom it is asked, who wrote the version, who else was named.
    pub excluded: BTreeSet<UserId>,
    /// The document as it was when it was asked for.
    pub document: Option<ApprovedDocument>,
    /// Where it comes from.
    pub origin: Origin,
    /// Its stages, in order.
    pub stages: Vec<Stage>,
    /// How it ended; none while it is open.
    pub outcome: Option<Outcome>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// How many events were recorded.
    pub events: u32,
    /// How many of them are remarks.
    #[serde(default)]
    pub remarks: u32,
    /// Who took part: decided, claimed, handed on, was handed something, or said something.
    #[serde(default)]
    pub participants: BTreeSet<UserId>,
}

/// The version of a document that is to be approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ApprovedDocument {
    /// Which document.
    pub id: DocumentId,
    /// Which version.
    pub version: u32,
    /// The version that its changes are shown against; none for a first one.
    pub since: Option<u32>,
    /// What it was called.
    pub title: String,
}

/// The task that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The execution.
    pub execution: Uuid,
    /// Its ARN.
    pub execution_arn: String,
    /// The state.
    pub state: String,
    /// What its task is answered by. Shown to nobody.
    pub token: String,
}

/// How an approval ended. As text, in the workflow's output: `APPROVED`, `CHANGES_REQUESTED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = ApprovalOutcome)]
pub enum Outcome {
    /// Every stage approved.
    Approved,
    /// A stage did not.
    Rejected,
    /// An approver wants something else first.
    ChangesRequested,
    /// Nobody decided in time.
    Expired,
    /// The requester took it back.
    Withdrawn,
    /// The workflow does not wait for it any more. It is told nothing.
    Cancelled,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// What people call it.
    pub name: String,
    /// Where it stands.
    pub status: StageStatus,
    /// Its seats.
    pub seats: Vec<Seat>,
    /// How many of them must approve.
    pub needed: u16,
    /// When it was opened.
    pub opened_at: Option<DateTime<Utc>>,
    /// How often people were reminded.
    pub reminded: u16,
    /// When they are next.
    pub remind_at: Option<DateTime<Utc>>,
    /// How many of its escalations have happened.
    pub escalated: u16,
    /// When the next one does.
    pub escalate_at: Option<DateTime<Utc>>,
    /// When time decides.
    pub deadline_at: Option<DateTime<Utc>>,
}

/// Where a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageStatus {
    /// The one before it is not done.
    Waiting,
    /// Its seats may be decided.
    Open,
    /// So many as were needed approved, or time did.
    Approved,
    /// It ended otherwise; so did the approval.
    Ended,
    /// It was not needed.
    Skipped,
}

/// A seat: one decision by one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seat {
    /// Which, within the approval: from 0 on, over all stages.
    pub number: u32,
    /// Who may take it: as it was asked for, then whom it was handed to, then whom an escalation added.
    pub candidates: Vec<Reader>,
    /// Whether it is its turn: false in a sequential stage as long as the one before it is undecided.
    pub open: bool,
    /// Whose it is alone, until they release it.
    pub claimed_by: Option<UserId>,
    /// By whom to whom it was handed on, in order; the last one has it.
    pub delegations: Vec<Delegation>,
    /// What was decided.
    pub decision: Option<Decision>,
}

/// A seat that was handed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Delegation {
    /// By whom.
    #[schema(value_type = String)]
    pub from: UserId,
    /// To whom.
    #[schema(value_type = String)]
    pub to: UserId,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub comment: Option<String>,
}

/// What one person decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// What.
    pub verdict: Verdict,
    /// Who.
    pub by: UserId,
    /// For whom: whose substitute or delegate they are.
    pub on_behalf_of: Option<UserId>,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub comment: Option<String>,
    /// The form, filled in.
    pub answers: Map<String, Value>,
    /// The version of the document that they looked at.
    pub document_version: Option<u32>,
    /// From where.
    pub place: Place,
    /// The caller's key: the same decision with the same key is one.
    pub key: Option<String>,
}

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No.
    Reject,
    /// Not as it is.
    RequestChanges,
}

/// From where somebody did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Place {
    /// By what.
    pub via: Via,
    /// The address that the request came from.
    pub address: Option<String>,
    /// What the request said it was made by; at most 256 characters.
    pub user_agent: Option<String>,
}

/// By what somebody did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The API with a token.
    Api,
    /// Several decisions at once.
    Bulk,
    /// A link in a mail, confirmed.
    Link,
    /// The workflow or the passing of time: nobody.
    Platform,
}
