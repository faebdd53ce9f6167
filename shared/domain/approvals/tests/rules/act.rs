//! What people do.

use super::ask::*;
use chrono::{DateTime, TimeDelta, Utc};
use octavo_domain_approvals::limits::{EVENTS_FREE_MAX, REMARKS_MAX};
use octavo_domain_approvals::{
    Action, Actor, Approval, Change, EventKind, Outcome, Refused, StageStatus, Verdict, cancel, concerned, create,
    due_at, may_decide, may_see, open_seats,
};
use octavo_domain_calendar::Calendar;
use serde_json::{Map, json};

fn with_version(version: Option<u32>) -> Action {
    Action::Decide {
        seat: None,
        verdict: Verdict::Approve,
        comment: None,
        answers: Map::new(),
        document_version: version,
        key: None,
    }
}

fn with_key(seat: Option<u32>, verdict: Verdict, key: Option<&str>) -> Action {
    let Action::Decide { comment, answers, .. } = decide(seat, verdict) else { panic!("a decision") };
    Action::Decide { seat, verdict, comment, answers, document_version: None, key: key.map(str::to_owned) }
}

fn field(result: Result<Change, Refused>) -> String {
    match result {
        Err(Refused::Invalid { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_approves_and_the_workflow_is_answered() {
    let approval = ask(json!({"Approvers": ["user:bob"], "Category": "contract"}));
    let change = does(&approval, &actor("bob"), approve()).unwrap();
    assert_eq!(change.approval.outcome, Some(Outcome::Approved));
    assert_eq!(change.approval.seq, 2);
    assert_eq!(told(&change), ["ended user:ada"]);
    assert_eq!(
        change.output.unwrap(),
        json!({
            "Outcome": "APPROVED",
            "ApprovalId": "00000000-0000-0000-0000-000000000001",
            "Title": "The plan",
            "DecidedAt": "2026-11-27T10:05:00Z",
            "Decisions": [{"Stage": "Approval", "Verdict": "APPROVE", "By": "bob", "At": "2026-11-27T10:05:00Z"}],
        })
    );
    assert!(open_seats(&change.approval).is_empty());
    assert_eq!(change.due_at, None);
}

#[test]
fn two_of_three() {
    let approval = ask(json!({"Approvers": ["user:bob", "user:cara", "user:dan"], "Quorum": 2}));
    let approval = done(&approval, "bob", reject());
    assert_eq!(approval.outcome, None, "two are left");
    let one = done(&approval, "cara", approve());
    let change = does(&one, &actor("dan"), approve()).unwrap();
    assert_eq!(change.output.as_ref().unwrap()["Decisions"].as_array().unwrap().len(), 3);
    assert_eq!(change.approval.outcome, Some(Outcome::Approved));
    // Out of reach.
    let change = does(&approval, &actor("dan"), reject()).unwrap();
    assert_eq!(change.approval.outcome, Some(Outcome::Rejected));
    assert_eq!(change.output.unwrap()["Comment"], "because");
    // At the first one.
    let first = ask(json!({"Approvers": ["user:bob", "user:cara", "user:dan"], "Quorum": "any", "Reject": "first"}));
    assert_eq!(done(&first, "cara", reject()).outcome, Some(Outcome::Rejected));
}

#[test]
fn a_sequence_goes_seat_by_seat() {
    let change =
        try_ask(json!({"Approvers": ["user:bob", "user:cara", "user:dan"], "Quorum": 2, "Order": "sequential"}));
    let change = change.unwrap();
    assert_eq!(told(&change), ["requested user:bob"]);
    assert_eq!(does(&change.approval, &actor("cara"), approve()), Err(Refused::NoSeat));
    let change = does(&change.approval, &actor("bob"), reject()).unwrap();
    assert_eq!(told(&change), ["requested user:cara"]);
    let change = does(&change.approval, &actor("cara"), approve()).unwrap();
    assert_eq!(told(&change), ["requested user:dan"]);
    assert_eq!(done(&change.approval, "dan", approve()).outcome, Some(Outcome::Approved));
}

#[test]
fn one_stage_after_the_other() {
    let approval = ask(json!({"Stages": [
        {"Name": "Legal", "Approvers": ["group:legal"]},
        {"Name": "Skipped", "When": false, "Approvers": ["user:fay"]},
        {"Name": "Finance", "Approvers": ["group:finance"]},
    ]}));
    assert_eq!(does(&approval, &actor("dan"), approve()), Err(Refused::NoSeat));
    let change = does(&approval, &actor("eve"), approve()).unwrap();
    assert_eq!(told(&change), ["requested group:finance"]);
    let kinds: Vec<_> = change.events.iter().map(|event| &event.kind).collect();
    assert!(matches!(kinds[1], EventKind::StageApproved { stage: 0, .. }));
    assert!(matches!(kinds[2], EventKind::StageSkipped { stage: 1, .. }));
    assert!(matches!(kinds[3], EventKind::StageOpened { stage: 2, .. }));
    // Eve is in both groups, and may as it was not asked otherwise.
    assert_eq!(done(&change.approval, "eve", approve()).outcome, Some(Outcome::Approved));
}

#[test]
fn across_stages_too_where_that_is_asked_for() {
    let approval = ask(json!({"DistinctAcrossStages": true, "Stages": [
        {"Approvers": ["group:legal"]}, {"Approvers": ["group:finance"]},
    ]}));
    let approval = done(&approval, "eve", approve());
    assert_eq!(does(&approval, &actor("eve"), decide(Some(1), Verdict::Approve)), Err(Refused::TwiceBySame));
    assert!(may_decide(&approval, &actor("eve")).is_empty());
    assert_eq!(done(&approval, "dan", approve()).outcome, Some(Outcome::Approved));
}

#[test]
fn the_seat_that_is_theirs_alone_is_taken_first() {
    let approval = ask(json!({"Approvers": ["group:legal", "user:bob"]}));
    let approval = done(&approval, "bob", approve());
    assert_eq!(may_decide(&approval, &actor("cara")), [0]);
    assert_eq!(done(&approval, "cara", approve()).outcome, Some(Outcome::Approved));
}

#[test]
fn the_same_decision_twice_is_one() {
    let approval = ask(json!({"Approvers": ["user:bob", "user:cara"]}));
    let decided = done(&approval, "bob", with_key(Some(0), Verdict::Approve, Some("k1")));
    for again in [
        with_key(Some(0), Verdict::Approve, Some("k1")),
        with_key(Some(0), Verdict::Approve, None),
        with_key(None, Verdict::Approve, Some("k1")),
        with_key(None, Verdict::Approve, None),
    ] {
        let change = does(&decided, &actor("bob"), again).unwrap();
        assert!(change.repeated && change.events.is_empty() && change.output.is_none() && change.notices.is_empty());
        assert_eq!(change.approval, decided);
    }
    for other in [
        with_key(Some(0), Verdict::Reject, Some("k1")),
        with_key(Some(0), Verdict::Approve, Some("k2")),
        with_key(None, Verdict::Reject, Some("k1")),
        with_key(Some(1), Verdict::Approve, Some("k1")),
    ] {
        assert_eq!(does(&decided, &actor("bob"), other), Err(Refused::Decided));
    }
    assert_eq!(does(&decided, &actor("cara"), with_key(Some(0), Verdict::Approve, None)), Err(Refused::Decided));
    assert_eq!(does(&decided, &actor("bob"), decide(None, Verdict::Reject)), Err(Refused::Decided));
    // Also when all is over.
    let ended = done(&decided, "cara", approve());
    assert!(does(&ended, &actor("bob"), with_key(Some(0), Verdict::Approve, None)).unwrap().repeated);
    assert!(does(&ended, &actor("cara"), approve()).unwrap().repeated);
    assert_eq!(does(&ended, &actor("dan"), approve()), Err(Refused::Ended { outcome: Outcome::Approved }));
}

#[test]
fn a_decision_is_about_a_version() {
    let calendar = Calendar::working_week();
    let approval = create(request(json!({"Approvers": ["user:bob"]})), creation(Some(document()), &calendar));
    let approval = approval.unwrap().approval;
    assert_eq!(field(does(&approval, &actor("bob"), with_version(None))), "document_version");
    assert_eq!(does(&approval, &actor("bob"), with_version(Some(2))), Err(Refused::OtherVersion { expected: 3 }));
    let change = does(&approval, &actor("bob"), with_version(Some(3))).unwrap();
    assert_eq!(change.output.unwrap()["Document"], json!({"Id": document().id, "Version": 3}));
}

#[test]
fn what_a_decision_must_say() {
    let approval = ask(json!({"Approvers": ["user:bob"], "AllowChanges": false}));
    let verdict = |verdict, comment: Option<&str>| Action::Decide {
        seat: None,
        verdict,
        comment: comment.map(str::to_owned),
        answers: Map::new(),
        document_version: None,
        key: None,
    };
    let bob = actor("bob");
    assert_eq!(field(does(&approval, &bob, verdict(Verdict::Reject, None))), "comment");
    assert_eq!(field(does(&approval, &bob, verdict(Verdict::Reject, Some("  ")))), "comment");
    assert_eq!(field(does(&approval, &bob, verdict(Verdict::Approve, Some(&"x".repeat(4_001))))), "comment");
    assert_eq!(field(does(&approval, &bob, verdict(Verdict::RequestChanges, Some("shorter")))), "verdict");
    assert_eq!(field(does(&approval, &bob, with_key(None, Verdict::Approve, Some("")))), "key");
    let change = does(&approval, &bob, verdict(Verdict::Reject, Some(" no "))).unwrap();
    assert_eq!(change.output.unwrap()["Decisions"][0]["Comment"], "no");
    let open = ask(json!({"Approvers": ["user:bob", "user:cara"]}));
    assert_eq!(field(does(&open, &bob, verdict(Verdict::RequestChanges, None))), "comment");
    let change = does(&open, &bob, verdict(Verdict::RequestChanges, Some("shorter"))).unwrap();
    assert_eq!(change.approval.outcome, Some(Outcome::ChangesRequested));
    let output = change.output.unwrap();
    assert_eq!((&output["Outcome"], &output["Comment"]), (&json!("CHANGES_REQUESTED"), &json!("shorter")));
}

#[test]
fn a_form_is_filled_in_to_approve() {
    let form = json!({"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}});
    let approval = ask(json!({"Approvers": ["user:bob"], "Form": form}));
    let answer = |verdict, answers: serde_json::Value| Action::Decide {
        seat: None,
        verdict,
        comment: Some("so".to_owned()),
        answers: answers.as_object().cloned().unwrap(),
        document_version: None,
        key: None,
    };
    let bob = actor("bob");
    assert_eq!(field(does(&approval, &bob, answer(Verdict::Approve, json!({})))), "answers");
    assert_eq!(field(does(&approval, &bob, answer(Verdict::Approve, json!({"amount": "7"})))), "answers.amount");
    assert_eq!(field(does(&approval, &bob, answer(Verdict::Approve, json!({"x": "y".repeat(40_000)})))), "answers");
    assert!(does(&approval, &bob, answer(Verdict::Reject, json!({}))).is_ok());
    let change = does(&approval, &bob, answer(Verdict::Approve, json!({"amount": 7}))).unwrap();
    assert_eq!(change.output.unwrap()["Decisions"][0]["Answers"], json!({"amount": 7}));
    let none = ask(json!({"Approvers": ["user:bob"]}));
    assert_eq!(field(does(&none, &bob, answer(Verdict::Approve, json!({"amount": 7})))), "answers");
}

#[test]
fn a_claimed_seat_is_its_claimers() {
    let approval = ask(json!({"Approvers": ["group:legal"]}));
    let claimed = done(&approval, "bob", claim());
    assert!(does(&claimed, &actor("bob"), claim()).unwrap().repeated);
    assert_eq!(does(&claimed, &actor("cara"), approve()), Err(Refused::Claimed { by: user("bob") }));
    assert_eq!(does(&claimed, &actor("cara"), claim()), Err(Refused::Claimed { by: user("bob") }));
    assert_eq!(does(&claimed, &actor("cara"), delegate("dan")), Err(Refused::Claimed { by: user("bob") }));
    assert_eq!(does(&claimed, &actor("dan"), approve()), Err(Refused::NoSeat), "it is none of theirs");
    let by_substitute = does(&claimed, &substitute("fay", "bob"), approve()).unwrap();
    assert_eq!(by_substitute.output.unwrap()["Decisions"][0]["OnBehalfOf"], "bob");
    assert_eq!(
        does(&claimed, &actor("cara"), Action::Release { seat: Some(0) }),
        Err(Refused::Claimed { by: user("bob") })
    );
    let release = Action::Release { seat: None };
    assert_eq!(does(&claimed, &actor("cara"), release.clone()), Err(Refused::NoSeat));
    let released = done(&claimed, "bob", release);
    assert_eq!(done(&released, "cara", approve()).outcome, Some(Outcome::Approved));
    // An administrator frees what somebody forgot.
    let freed = done(&claimed, "root", Action::Release { seat: Some(0) });
    assert!(open_seats(&freed)[0].claimed_by.is_none());
    // Whoever had claimed is told of the end.
    let change = does(&claimed, &actor("root"), Action::Withdraw { comment: None }).unwrap();
    assert_eq!(told(&change), ["ended user:ada user:bob"]);
}

#[test]
fn it_is_taken_back_by_who_asked() {
    let approval = ask(json!({"Approvers": ["user:bob"], "Requester": "zoe"}));
    let withdraw = |comment: Option<&str>| Action::Withdraw { comment: comment.map(str::to_owned) };
    assert_eq!(does(&approval, &actor("bob"), withdraw(None)), Err(Refused::NotTheirs));
    for who in ["ada", "zoe", "root"] {
        let change = does(&approval, &actor(who), withdraw(Some("wrong file"))).unwrap();
        assert_eq!(change.output.as_ref().unwrap()["Outcome"], "WITHDRAWN");
        assert_eq!(change.output.as_ref().unwrap()["Comment"], "wrong file");
        assert_eq!(change.events.last().unwrap().actor, Some(user(who)));
        assert_eq!(
            does(&change.approval, &actor(who), withdraw(None)),
            Err(Refused::Ended { outcome: Outcome::Withdrawn })
        );
    }
}

#[test]
fn something_is_said_by_who_may_see_it() {
    let say = |text: &str| Action::Comment { text: text.to_owned(), attachments: Vec::new() };
    let approval = ask(json!({"Approvers": ["user:bob", "group:legal"]}));
    assert_eq!(does(&approval, &actor("dan"), say("hm")), Err(Refused::NotTheirs));
    assert_eq!(field(does(&approval, &actor("bob"), say(" "))), "text");
    assert_eq!(field(does(&approval, &actor("bob"), say(&"x".repeat(4_001)))), "text");
    let change = does(&approval, &actor("bob"), say("why?")).unwrap();
    assert_eq!(told(&change), ["commented user:ada"]);
    let change = does(&change.approval, &actor("ada"), say("because")).unwrap();
    assert_eq!(told(&change), ["commented user:bob"]);
    assert_eq!(change.approval.remarks, 2);
    // Also when it has ended; the workflow is not answered again.
    let ended = done(&change.approval, "root", Action::Withdraw { comment: None });
    let change = does(&ended, &actor("cara"), say("too late")).unwrap();
    assert_eq!((change.output, change.approval.outcome), (None, Some(Outcome::Withdrawn)));
    let full = Approval { remarks: REMARKS_MAX, ..approval };
    assert_eq!(field(does(&full, &actor("bob"), say("one more"))), "text");
}

#[test]
fn what_is_free_ends_before_what_must_not_fail() {
    let approval = Approval { events: EVENTS_FREE_MAX, ..ask(json!({"Approvers": ["group:legal"]})) };
    let say = Action::Comment { text: "hm".to_owned(), attachments: Vec::new() };
    assert_eq!(field(does(&approval, &actor("bob"), say)), "events");
    assert_eq!(field(does(&approval, &actor("bob"), claim())), "events");
    assert_eq!(done(&approval, "bob", approve()).outcome, Some(Outcome::Approved));
}

#[test]
fn who_may_see_it() {
    let approval = ask(json!({"Requester": "zoe", "Stages": [
        {"Approvers": ["user:bob"]}, {"Approvers": ["group:finance"]}, {"When": false, "Approvers": ["user:fay"]},
    ]}));
    for who in ["ada", "zoe", "bob", "dan", "eve", "root"] {
        assert!(may_see(&approval, &actor(who)), "{who}");
    }
    for who in ["cara", "fay", "gil"] {
        assert!(!may_see(&approval, &actor(who)), "{who}");
    }
    assert!(may_see(&approval, &substitute("gil", "bob")));
    let delegated = done(&approval, "bob", delegate("gil"));
    assert!(may_see(&delegated, &actor("gil")) && may_see(&delegated, &actor("bob")));
}

#[test]
fn whose_counts_change() {
    let approval = ask(json!({"Approvers": ["user:bob", "group:legal"]}));
    let after = done(&approval, "bob", approve());
    let text = |readers: Vec<octavo_domain_kernel::Reader>| {
        readers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(text(concerned(None, &approval)), "user:ada user:bob group:legal");
    assert_eq!(text(concerned(Some(&approval), &after)), "user:ada user:bob group:legal");
    assert_eq!(text(concerned(Some(&after), &after)), "user:ada group:legal");
}

#[test]
fn the_workflow_waits_no_more() {
    let approval = done(&ask(json!({"Approvers": ["group:legal"], "Deadline": {"After": "P1D"}})), "bob", claim());
    let later: DateTime<Utc> = begin() + TimeDelta::hours(1);
    let change = cancel(&approval, later).unwrap();
    assert_eq!(change.approval.outcome, Some(Outcome::Cancelled));
    assert_eq!(change.output, None, "nobody is there to be answered");
    assert_eq!(change.approval.stages[0].status, StageStatus::Ended);
    assert_eq!((due_at(&change.approval), change.due_at), (None, None));
    assert_eq!(told(&change), ["ended user:ada user:bob"]);
    assert_eq!(cancel(&change.approval, later), None);
}

#[test]
fn what_is_answered_is_never_too_long_for_a_workflow() {
    let approvers: Vec<String> = (0..50).map(|number| format!("user:u{number}")).collect();
    let form = json!({"type": "object"});
    let mut approval = ask(json!({"Approvers": approvers, "Form": form}));
    let mut output = None;
    for number in 0..50 {
        let answers = json!({"text": "y".repeat(30_000)});
        let action = Action::Decide {
            seat: None,
            verdict: Verdict::Approve,
            comment: Some("x".repeat(4_000)),
            answers: answers.as_object().cloned().unwrap(),
            document_version: None,
            key: None,
        };
        let who = Actor { user: user(&format!("u{number}")), ..actor("gil") };
        let change = does(&approval, &who, action).unwrap();
        (approval, output) = (change.approval, change.output);
    }
    let output = output.unwrap();
    assert!(output.to_string().len() <= octavo_domain_approvals::limits::OUTPUT_BYTES_MAX);
    assert_eq!(output["Truncated"], true);
    assert_eq!(output["Decisions"].as_array().unwrap().len(), 50);
}
