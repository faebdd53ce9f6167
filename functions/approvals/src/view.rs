//! Approvals as clients see them. The token of the workflow's task is in none of them.

use crate::Deps;
use crate::caller::Caller;
use chrono::{DateTime, Utc};
use octavo_domain_approvals::{
    Approval, ApprovalId, Decision, Delegation, Outcome, Seat, Stage, StageStatus, Verdict, Via, due_at, may_decide,
};
use octavo_domain_documents::Document;
use octavo_domain_kernel::{DocumentId, PortError, UserId};
use serde::Serialize;
use serde_json::{Map, Value};

/// An approval.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct ApprovalView {
    /// Its identifier.
    pub(crate) id: ApprovalId,
    /// How often it was changed.
    #[schema(example = 3)]
    seq: u64,
    /// What is asked, in one line.
    #[schema(example = "Contract with Persimmon Ltd.")]
    title: String,
    /// More.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// What it is about, for preferences and substitutions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "contract")]
    category: Option<String>,
    /// Whether people are told at once.
    urgent: bool,
    /// What else approvers are shown.
    #[schema(value_type = Object)]
    data: Map<String, Value>,
    /// A JSON Schema that the answers of an approving decision must satisfy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    form: Option<Value>,
    /// Whether an approver may ask for changes instead.
    allow_changes: bool,
    /// Whose workflow asks.
    #[schema(value_type = String, example = "ada")]
    requester: UserId,
    /// For whom it asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    requested_for: Option<UserId>,
    /// What is to be approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<DocumentView>,
    /// How it ended; null while it is open.
    outcome: Option<Outcome>,
    /// When it was asked for.
    created_at: DateTime<Utc>,
    /// When it ended.
    ended_at: Option<DateTime<Utc>>,
    /// When time does something to it next.
    due_at: Option<DateTime<Utc>>,
    /// Its stages, one after the other.
    stages: Vec<StageView>,
    /// What you may do.
    can: Can,
    /// Where it comes from.
    origin: OriginView,
}

/// What is to be approved.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ApprovalDocumentView)]
pub(crate) struct DocumentView {
    /// Which document.
    id: DocumentId,
    /// Which version: a decision says this number.
    #[schema(example = 3)]
    version: u32,
    /// The version that its changes are shown against.
    since: Option<u32>,
    /// What it was called.
    title: String,
    /// Its newest version; null if the document is gone.
    present_version: Option<u32>,
    /// Whether it has been changed since, or is gone.
    changed: bool,
}

/// A stage.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct StageView {
    /// What people call it.
    #[schema(example = "Legal")]
    name: String,
    /// Where it stands.
    status: StageStatus,
    /// How many must approve.
    #[schema(example = 2)]
    needed: u16,
    /// How many have.
    #[schema(example = 1)]
    approved: usize,
    /// Whether only one seat after the other is open.
    sequential: bool,
    /// When it was opened.
    opened_at: Option<DateTime<Utc>>,
    /// When people are reminded next.
    remind_at: Option<DateTime<Utc>>,
    /// When others are asked.
    escalate_at: Option<DateTime<Utc>>,
    /// When time decides.
    deadline_at: Option<DateTime<Utc>>,
    /// Its seats.
    seats: Vec<SeatView>,
}

/// One decision by one person.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct SeatView {
    /// Its number, within the approval.
    #[schema(example = 0)]
    seat: u32,
    /// Who may take it: `user:ID`, `group:ID`.
    #[schema(example = json!(["group:legal"]))]
    candidates: Vec<String>,
    /// Whether it is its turn.
    open: bool,
    /// Whose it is alone.
    #[schema(value_type = Option<String>)]
    claimed_by: Option<UserId>,
    /// By whom to whom it was handed on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    delegations: Vec<Delegation>,
    /// What was decided.
    decision: Option<DecisionView>,
}

/// What one person decided.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct DecisionView {
    /// What.
    verdict: Verdict,
    /// Who.
    #[schema(value_type = String)]
    by: UserId,
    /// For whom: whose substitute or delegate they are.
    #[schema(value_type = Option<String>)]
    on_behalf_of: Option<UserId>,
    /// When.
    at: DateTime<Utc>,
    /// By what.
    via: Via,
    /// Why.
    comment: Option<String>,
    /// The form, filled in.
    #[schema(value_type = Object)]
    answers: Map<String, Value>,
    /// The version that they looked at.
    document_version: Option<u32>,
}

/// What the caller may do now.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub(crate) struct Can {
    /// The seats that they may claim.
    claim: Vec<u32>,
    /// The seats that they may release.
    release: Vec<u32>,
    /// The seats that they may decide.
    decide: Vec<u32>,
    /// The seats that they may hand on.
    delegate: Vec<u32>,
    /// Whether they may take it back.
    withdraw: bool,
    /// Whether they may say something.
    comment: bool,
}

/// Where an approval comes from.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct OriginView {
    /// The execution that waits.
    #[schema(example = "arn:aws:states:us-east-1:000000000000:execution:contract:1")]
    execution_arn: String,
    /// The state that it waits in.
    #[schema(example = "Approve")]
    state: String,
}

impl ApprovalView {
    /// As the caller sees it.
    pub(crate) async fn of(deps: &Deps, caller: &Caller, approval: &Approval) -> Result<Self, PortError> {
        let present = match &approval.document {
            Some(document) => deps.documents.document_get(&caller.tenant, document.id).await?,
            None => None,
        };
        let request = &approval.request;
        Ok(Self {
            id: approval.id,
            seq: approval.seq,
            title: request.title.clone(),
            description: request.description.clone(),
            category: request.category.clone(),
            urgent: request.urgent,
            data: request.data.clone(),
            form: request.form.clone(),
            allow_changes: request.allow_changes,
            requester: approval.requester.clone(),
            requested_for: request.requester.clone(),
            document: document(approval, present.as_ref()),
            outcome: approval.outcome,
            created_at: approval.created_at,
            ended_at: approval.ended_at,
            due_at: due_at(approval),
            stages: stages(approval),
            can: Can::of(caller, approval),
            origin: OriginView {
                execution_arn: approval.origin.execution_arn.clone(),
                state: approval.origin.state.clone(),
            },
        })
    }
}

fn document(approval: &Approval, present: Option<&Document>) -> Option<DocumentView> {
    let document = approval.document.as_ref()?;
    let present = present.filter(|present| present.deleted_at.is_none()).map(|present| present.version);
    Some(DocumentView {
        id: document.id,
        version: document.version,
        since: document.since,
        title: document.title.clone(),
        present_version: present,
        changed: present != Some(document.version),
    })
}

fn stages(approval: &Approval) -> Vec<StageView> {
    let asked = |at: usize| approval.request.stages.get(at);
    let view = |(at, stage): (usize, &Stage)| StageView {
        name: stage.name.clone(),
        status: stage.status,
        needed: stage.needed,
        approved: approved(stage),
        sequential: asked(at).is_some_and(|asked| asked.order == octavo_domain_approvals::Order::Sequential),
        opened_at: stage.opened_at,
        remind_at: stage.remind_at,
        escalate_at: stage.escalate_at,
        deadline_at: stage.deadline_at,
        seats: stage.seats.iter().map(seat).collect(),
    };
    approval.stages.iter().enumerate().map(view).collect()
}

/// How many of its seats approved.
pub(crate) fn approved(stage: &Stage) -> usize {
    let yes = |seat: &&Seat| seat.decision.as_ref().is_some_and(|decision| decision.verdict == Verdict::Approve);
    stage.seats.iter().filter(yes).count()
}

fn seat(seat: &Seat) -> SeatView {
    SeatView {
        seat: seat.number,
        candidates: seat.candidates.iter().map(ToString::to_string).collect(),
        open: seat.open && seat.decision.is_none(),
        claimed_by: seat.claimed_by.clone(),
        delegations: seat.delegations.clone(),
        decision: seat.decision.as_ref().map(decision),
    }
}

fn decision(decision: &Decision) -> DecisionView {
    DecisionView {
        verdict: decision.verdict,
        by: decision.by.clone(),
        on_behalf_of: decision.on_behalf_of.clone(),
        at: decision.at,
        via: decision.place.via,
        comment: decision.comment.clone(),
        answers: decision.answers.clone(),
        document_version: decision.document_version,
    }
}

impl Can {
    /// What the caller may do to an approval that they may see.
    pub(crate) fn of(caller: &Caller, approval: &Approval) -> Self {
        let comment = true;
        if approval.outcome.is_some() {
            return Self { comment, ..Self::default() };
        }
        let decide = may_decide(approval, &caller.actor(approval));
        let open = |stage: &&Stage| stage.status == StageStatus::Open;
        let waits = |seat: &&Seat| seat.open && seat.decision.is_none();
        let seats: Vec<&Seat> =
            approval.stages.iter().filter(open).flat_map(|stage| &stage.seats).filter(waits).collect();
        let numbers = |of: &dyn Fn(&Seat) -> bool| -> Vec<u32> {
            seats.iter().filter(|seat| of(seat)).map(|seat| seat.number).collect()
        };
        let admin = caller.admin && !approval.excluded.contains(&caller.user);
        let asked_by = [Some(&approval.requester), approval.request.requester.as_ref()];
        Self {
            claim: numbers(&|seat| seat.claimed_by.is_none() && decide.contains(&seat.number)),
            release: numbers(&|seat| seat.claimed_by.as_ref() == Some(&caller.user)),
            delegate: numbers(&|seat| admin || decide.contains(&seat.number)),
            withdraw: caller.admin || asked_by.contains(&Some(&caller.user)),
            comment,
            decide,
        }
    }
}
