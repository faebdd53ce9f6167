//! Approvals to put in, with and without a workflow that waits for them.

use crate::fixture::at;
use crate::workflow_fixture::{Machine, acme, token_of};
use chrono::{DateTime, Utc};
use octavo_adapters_postgres::Postgres;
use octavo_domain_approvals::{
    Approval, ApprovalId, ApprovalStore, ApprovedDocument, Commit, Committed, Event, EventKind, ListQuery, ListSort,
    Mailbox, OpenSeat, Origin, Outcome, Place, Request, Seat, Stage, StageStatus, Verdict, Via,
};
use octavo_domain_kernel::{Reader, UserId};
use octavo_domain_workflow::engine::ExecutionId;
use octavo_domain_workflow::engine::ports::{Committed as ExecutionCommitted, ExecutionStore};
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

pub(crate) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

pub(crate) fn reader(text: &str) -> Reader {
    text.parse().unwrap()
}

pub(crate) fn readers(texts: &[&str]) -> Vec<Reader> {
    texts.iter().map(|text| reader(text)).collect()
}

pub(crate) fn id(number: u128) -> ApprovalId {
    ApprovalId(Uuid::from_u128(number))
}

pub(crate) fn place() -> Place {
    Place { via: Via::Api, address: Some("192.0.2.7".to_owned()), user_agent: Some("nul\u{0} ü".to_owned()) }
}

/// An approval of version 2 of a document that ada's workflow asks for, for grace; one seat, for `candidates`. Asked for
/// so many seconds after the fixed moment as its number says.
pub(crate) fn approval(number: u32, title: &str, candidates: &[&str]) -> Approval {
    let request: Request = serde_json::from_value(json!({
        "Title": title,
        "Description": "nul\u{0} and ü",
        "Document": { "Id": Uuid::from_u128(77), "Version": 2 },
        "Data": { "z": 1.5, "a": [null, 12345678901234567890_u64], "b": { "y": 1, "x": -1 } },
        "Category": "contract",
        "Requester": "grace",
        "Approvers": candidates,
        "Stages": [{ "Name": "One", "Approvers": candidates }],
    }))
    .unwrap();
    let seat = Seat {
        number: 0,
        candidates: readers(candidates),
        open: true,
        claimed_by: None,
        delegations: Vec::new(),
        decision: None,
    };
    let stage = Stage {
        name: "One".to_owned(),
        status: StageStatus::Open,
        seats: vec![seat],
        needed: 1,
        opened_at: Some(at(number.into())),
        reminded: 0,
        remind_at: None,
        escalated: 0,
        escalate_at: None,
        deadline_at: None,
    };
    Approval {
        id: id(number.into()),
        seq: 1,
        request,
        requester: user("ada"),
        excluded: [user("ada"), user("grace")].into(),
        document: Some(ApprovedDocument {
            id: octavo_domain_kernel::DocumentId(Uuid::from_u128(77)),
            version: 2,
            since: Some(1),
            title: "Plan".to_owned(),
        }),
        origin: Origin {
            execution: Uuid::from_u128(5),
            execution_arn: "arn:aws:states:us-east-1:000000000001:execution:m:one".to_owned(),
            state: "Ask".to_owned(),
            token: format!("token-{number}"),
        },
        stages: vec![stage],
        outcome: None,
        created_at: at(number.into()),
        ended_at: None,
        events: 1,
        remarks: 0,
        participants: BTreeSet::new(),
    }
}

pub(crate) fn event(number: u32, actor: Option<&str>, kind: EventKind) -> Event {
    Event { number, at: at(number.into()), actor: actor.map(user), on_behalf_of: None, place: place(), kind }
}

pub(crate) fn decided(number: u32, actor: &str) -> Event {
    let answers = json!({ "sum": 1.5, "b": 12345678901234567890_u64, "a": "\u{0}" }).as_object().unwrap().clone();
    let kind = EventKind::Decided {
        seat: 0,
        verdict: Verdict::Approve,
        comment: Some("fine".to_owned()),
        answers,
        document_version: Some(2),
    };
    event(number, Some(actor), kind)
}

/// Its seats that are open, as the rules would name them.
pub(crate) fn open_seats(approval: &Approval) -> Vec<OpenSeat> {
    let open = |seat: &&Seat| approval.outcome.is_none() && seat.open && seat.decision.is_none();
    let seats = approval.stages.iter().flat_map(|stage| &stage.seats).filter(open);
    seats
        .map(|seat| OpenSeat {
            seat: seat.number,
            candidates: seat.candidates.clone(),
            claimed_by: seat.claimed_by.clone(),
        })
        .collect()
}

/// The commit that makes it.
pub(crate) fn creation(approval: Approval) -> Commit {
    Commit {
        expected_seq: None,
        events: vec![event(1, None, EventKind::Requested)],
        open_seats: open_seats(&approval),
        approval,
        due_at: None,
        output: None,
        messages: Vec::new(),
        link: None,
    }
}

/// The commit that makes `change` to it, recording `what`.
pub(crate) fn change(before: &Approval, what: Vec<Event>, change: impl FnOnce(&mut Approval)) -> Commit {
    let mut approval = before.clone();
    approval.seq += 1;
    approval.events = what.last().map_or(approval.events, |event| event.number);
    change(&mut approval);
    Commit { expected_seq: Some(before.seq), events: what, open_seats: open_seats(&approval), ..creation(approval) }
}

/// The commit that ends it as approved, answering its workflow.
pub(crate) fn ending(before: &Approval, actor: &str) -> Commit {
    let mut ending = change(before, vec![decided(before.events + 1, actor)], |approval| {
        approval.outcome = Some(Outcome::Approved);
        approval.ended_at = Some(at(9));
        approval.stages[0].status = StageStatus::Approved;
    });
    ending.output = Some(json!({ "Outcome": "APPROVED", "By": actor, "Comment": "nul\u{0}" }));
    ending
}

/// Makes it and gives it back.
pub(crate) async fn create(store: &Postgres, approval: Approval) -> Approval {
    commit(store, &creation(approval.clone())).await;
    approval
}

/// Makes a change true and gives back what it is then.
pub(crate) async fn commit(store: &Postgres, commit: &Commit) -> Approval {
    let committed = store.approval_commit(&acme(), commit).await.unwrap();
    assert!(matches!(committed, Committed::Done { .. }), "{committed:?}");
    commit.approval.clone()
}

/// An execution of acme's that waits for the approval of this number, which is not there yet.
pub(crate) async fn waiting(store: &Postgres, number: u32, began: DateTime<Utc>) -> (ExecutionId, Approval) {
    let machine = Machine::token();
    let begun = machine.begin(machine.execution(&number.to_string(), began));
    assert_eq!(store.execution_commit(&acme(), &begun, None).await.unwrap(), ExecutionCommitted::Done);
    let mut asked = approval(number, "Approve this", &["user:bob"]);
    asked.origin.execution = begun.id.0;
    asked.origin.token = token_of(&begun.tasks[0]).to_owned();
    (begun.id, asked)
}

/// All of a mailbox, newest first.
pub(crate) fn all_of(mailbox: Mailbox) -> ListQuery {
    ListQuery {
        mailbox,
        open: None,
        outcome: None,
        document: None,
        execution: None,
        category: None,
        title: None,
        sort: ListSort::Newest,
        after: None,
        limit: 50,
    }
}

pub(crate) fn to_decide(me: &str, as_whom: &[&str]) -> Mailbox {
    Mailbox::ToDecide { me: user(me), readers: readers(as_whom) }
}

/// The numbers of those that are listed.
pub(crate) async fn listed(store: &Postgres, query: &ListQuery) -> Vec<u128> {
    let listed = store.approval_list(&acme(), query).await.unwrap();
    listed.iter().map(|summary| summary.approval.id.0.as_u128()).collect()
}
