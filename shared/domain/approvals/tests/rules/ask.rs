//! Approvals and people to test with: `ada` asks; `bob`, `cara` and `eve` are in `legal`, `dan` and `eve` in `finance`, and so is
//! `ada` in both; `root` administers.

use chrono::{DateTime, TimeDelta, Utc};
use octavo_domain_approvals::{
    Action, Actor, Approval, ApprovalId, ApprovedDocument, Change, Creation, InvalidRequest, Origin, Place, Refused,
    Request, Verdict, Via, act, create, pass,
};
use octavo_domain_calendar::Calendar;
use octavo_domain_kernel::{DocumentId, UserId};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// A Friday, 10:00 UTC.
pub(crate) fn begin() -> DateTime<Utc> {
    "2026-11-27T10:00:00Z".parse().expect("a moment")
}

pub(crate) fn user(name: &str) -> UserId {
    name.parse().expect("a user")
}

pub(crate) fn actor(name: &str) -> Actor {
    let groups: &[&str] = match name {
        "ada" => &["legal", "finance"],
        "bob" | "cara" => &["legal"],
        "dan" => &["finance"],
        "eve" => &["legal", "finance"],
        _ => &[],
    };
    Actor {
        user: user(name),
        groups: groups.iter().map(|group| group.parse().expect("a group")).collect(),
        substitute_of: [].into(),
        admin: name == "root",
        place: Place { via: Via::Api, address: Some("192.0.2.1".to_owned()), user_agent: None },
    }
}

pub(crate) fn substitute(name: &str, of: &str) -> Actor {
    Actor { substitute_of: [user(of)].into(), ..actor(name) }
}

pub(crate) fn document() -> ApprovedDocument {
    ApprovedDocument { id: DocumentId(Uuid::from_u128(7)), version: 3, since: Some(2), title: "The plan".to_owned() }
}

pub(crate) fn request(members: Value) -> Request {
    let mut whole = json!({"Title": "The plan"});
    let Value::Object(members) = members else { panic!("an object") };
    for (name, value) in members {
        whole[name] = value;
    }
    serde_json::from_value(whole).expect("a request")
}

pub(crate) fn creation(document: Option<ApprovedDocument>, calendar: &Calendar) -> Creation<'_> {
    Creation {
        id: ApprovalId(Uuid::from_u128(1)),
        requester: user("ada"),
        origin: Origin {
            execution: Uuid::from_u128(2),
            execution_arn: "arn:aws:states:us-east-1:000000000000:execution:release:one".to_owned(),
            state: "Ask".to_owned(),
            token: "a-token".to_owned(),
        },
        document,
        author: None,
        calendar,
        now: begin(),
    }
}

pub(crate) fn try_ask(members: Value) -> Result<Change, InvalidRequest> {
    create(request(members), creation(None, &Calendar::working_week()))
}

pub(crate) fn ask(members: Value) -> Approval {
    try_ask(members).expect("it is acceptable").approval
}

pub(crate) fn decide(seat: Option<u32>, verdict: Verdict) -> Action {
    let comment = (verdict != Verdict::Approve).then(|| "because".to_owned());
    Action::Decide { seat, verdict, comment, answers: Map::new(), document_version: None, key: None }
}

pub(crate) fn approve() -> Action {
    decide(None, Verdict::Approve)
}

pub(crate) fn reject() -> Action {
    decide(None, Verdict::Reject)
}

pub(crate) fn delegate(to: &str) -> Action {
    Action::Delegate { seat: None, to: user(to), comment: None }
}

pub(crate) fn claim() -> Action {
    Action::Claim { seat: None }
}

pub(crate) fn does(approval: &Approval, actor: &Actor, action: Action) -> Result<Change, Refused> {
    act(approval, actor, action, begin() + TimeDelta::minutes(5), &Calendar::working_week())
}

/// As [`does`], of somebody who may.
pub(crate) fn done(approval: &Approval, name: &str, action: Action) -> Approval {
    does(approval, &actor(name), action).expect("they may").approval
}

pub(crate) fn wait(approval: &Approval, until: &str) -> Option<Change> {
    pass(approval, until.parse().expect("a moment"), &Calendar::working_week())
}

/// Who is told what, as text: `requested user:bob group:legal`.
pub(crate) fn told(change: &Change) -> Vec<String> {
    let notices = change.notices.iter().map(|notice| {
        let to: Vec<String> = notice.to.iter().map(ToString::to_string).collect();
        format!("{} {}", notice.kind.category().trim_start_matches("approval."), to.join(" "))
    });
    notices.collect()
}
