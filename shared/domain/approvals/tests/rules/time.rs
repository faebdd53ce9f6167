//! What time does.

use super::ask::*;
use octavo_domain_approvals::{EventKind, Outcome, due_at, may_decide, open_seats};
use serde_json::json;

#[test]
fn nothing_is_done_before_its_time() {
    let approval = ask(json!({"Approvers": ["user:bob"], "Reminders": {"After": "P1D"}}));
    assert_eq!(wait(&approval, "2026-11-30T09:59:59Z"), None);
    assert!(wait(&approval, "2026-11-30T10:00:00Z").is_some());
    assert_eq!(wait(&ask(json!({"Approvers": ["user:bob"]})), "2036-11-30T10:00:00Z"), None);
}

#[test]
fn people_are_reminded_so_often() {
    let mut approval = ask(json!({
        "Approvers": ["group:legal", "user:dan"], "Reminders": {"After": "P1D", "Every": "P1D", "Max": 3},
    }));
    for (at, times) in [("2026-11-30T10:00:00Z", 1), ("2026-12-01T10:00:00Z", 2), ("2026-12-02T10:00:00Z", 3)] {
        let change = wait(&approval, at).unwrap();
        assert_eq!(change.events.len(), 1);
        assert_eq!(change.events[0].kind, EventKind::Reminded { stage: 0, times });
        assert_eq!(told(&change), ["reminder group:legal", "reminder user:dan"]);
        approval = change.approval;
    }
    assert_eq!(due_at(&approval), None);
    // Once, where no more is said.
    let once = ask(json!({"Approvers": ["user:dan"], "Reminders": {"After": "P1D"}}));
    assert_eq!(due_at(&wait(&once, "2026-11-30T10:00:00Z").unwrap().approval), None);
}

#[test]
fn only_who_can_still_decide_is_reminded() {
    let approval = ask(json!({"Approvers": ["group:legal", "user:dan", "user:gil"], "Reminders": {"After": "P1D"}}));
    let approval = done(&done(&approval, "bob", claim()), "dan", approve());
    let change = wait(&approval, "2026-11-30T10:00:00Z").unwrap();
    assert_eq!(told(&change), ["reminder user:bob", "reminder user:gil"]);
}

#[test]
fn who_has_decided_is_not_reminded_of_what_is_left() {
    let approval = ask(json!({
        "Approvers": ["user:bob", {"Candidates": ["user:bob", "user:cara"]}], "Reminders": {"After": "P1D"},
    }));
    let change = wait(&done(&approval, "bob", approve()), "2026-11-30T10:00:00Z").unwrap();
    assert_eq!(told(&change), ["reminder user:cara"]);
}

#[test]
fn who_was_asleep_is_told_once() {
    let approval = ask(json!({
        "Approvers": ["user:bob"],
        "Reminders": {"After": "P1D", "Every": "P1D", "Max": 30},
        "Escalations": [{"After": "P2D", "To": ["user:cara"]}],
    }));
    let change = wait(&approval, "2026-12-11T10:00:00Z").unwrap();
    let reminded = change.events.iter().filter(|event| matches!(event.kind, EventKind::Reminded { .. })).count();
    assert_eq!(reminded, 10);
    assert_eq!(told(&change), ["reminder user:bob", "escalated user:cara"]);
    assert_eq!(change.due_at.unwrap().to_rfc3339(), "2026-12-14T10:00:00+00:00");
}

#[test]
fn silence_escalates() {
    let approval = ask(json!({
        "Approvers": ["group:legal"],
        "Escalations": [
            {"After": "P1D", "To": ["user:dan"]},
            {"After": "P2D", "To": ["user:eve", "user:gil"], "Replace": true},
        ],
    }));
    let claimed = done(&approval, "bob", claim());
    let change = wait(&claimed, "2026-11-30T10:00:00Z").unwrap();
    assert_eq!(told(&change), ["escalated user:dan"]);
    // Besides: the claim stays.
    assert_eq!(may_decide(&change.approval, &actor("bob")), [0]);
    assert!(may_decide(&change.approval, &actor("dan")).is_empty());
    let freed = done(&change.approval, "bob", octavo_domain_approvals::Action::Release { seat: None });
    assert_eq!(may_decide(&freed, &actor("dan")), [0]);
    // Instead: nobody else may any more, and what was claimed is free.
    let change = wait(&change.approval, "2026-12-01T10:00:00Z").unwrap();
    assert_eq!(told(&change), ["escalated user:eve user:gil"]);
    assert!(open_seats(&change.approval)[0].claimed_by.is_none());
    for who in ["bob", "cara", "dan"] {
        assert!(may_decide(&change.approval, &actor(who)).is_empty(), "{who}");
    }
    assert_eq!(done(&change.approval, "gil", approve()).outcome, Some(Outcome::Approved));
}

#[test]
fn a_seat_that_was_handed_on_escalates_too() {
    let approval = ask(json!({"Approvers": ["user:bob"], "Escalations": [{"After": "P1D", "To": ["user:cara"]}]}));
    let handed = done(&approval, "bob", delegate("gil"));
    let change = wait(&handed, "2026-11-30T10:00:00Z").unwrap();
    assert_eq!(may_decide(&change.approval, &actor("gil")), [0]);
    assert_eq!(may_decide(&change.approval, &actor("cara")), [0]);
    assert!(may_decide(&change.approval, &actor("bob")).is_empty());
}

#[test]
fn time_decides() {
    for (default, outcome) in
        [("approve", Outcome::Approved), ("reject", Outcome::Rejected), ("expire", Outcome::Expired)]
    {
        let approval = ask(json!({
            "Approvers": ["user:bob"], "Deadline": {"At": "2026-11-28T10:00:00Z", "Default": default},
        }));
        let change = wait(&approval, "2026-11-28T10:00:00Z").unwrap();
        assert_eq!(change.approval.outcome, Some(outcome));
        assert_eq!(change.output.as_ref().unwrap()["Outcome"], json!(outcome));
        assert_eq!(change.output.as_ref().unwrap()["Decisions"], json!([]));
        assert!(change.events.iter().all(|event| event.actor.is_none()));
        assert_eq!(told(&change), ["ended user:ada"]);
        assert_eq!(wait(&change.approval, "2036-11-28T10:00:00Z"), None, "it has ended");
    }
}

#[test]
fn what_time_approves_opens_what_follows() {
    let approval = ask(json!({"Stages": [
        {"Approvers": ["user:bob"], "Deadline": {"After": "P1D", "Default": "approve"}, "Reminders": {"After": "PT1H"}},
        {"Approvers": ["user:cara"], "Deadline": {"After": "P1D"}},
        {"Approvers": ["user:dan"]},
    ]}));
    let change = wait(&approval, "2026-11-30T12:00:00Z").unwrap();
    // Nobody is reminded of what is over.
    assert_eq!(told(&change), ["requested user:cara"]);
    assert_eq!(change.due_at.unwrap().to_rfc3339(), "2026-12-01T12:00:00+00:00");
    let change = wait(&change.approval, "2026-12-01T12:00:00Z").unwrap();
    assert_eq!(change.approval.outcome, Some(Outcome::Expired));
    // A moment that is past already when its stage opens.
    let past = ask(json!({"Stages": [
        {"Approvers": ["user:bob"]},
        {"Approvers": ["user:cara"], "Deadline": {"At": "2020-01-01T00:00:00Z", "Default": "reject"}},
    ]}));
    let opened = done(&past, "bob", approve());
    let change = wait(&opened, "2026-11-27T10:06:00Z").unwrap();
    assert_eq!(change.approval.outcome, Some(Outcome::Rejected));
}

#[test]
fn a_decision_ends_what_time_would_do() {
    let approval = ask(json!({
        "Approvers": ["user:bob"],
        "Reminders": {"After": "PT1H"}, "Escalations": [{"After": "PT2H", "To": ["user:cara"]}], "Deadline": {"After": "P1D"},
    }));
    let ended = done(&approval, "bob", approve());
    assert_eq!(due_at(&ended), None);
    assert_eq!(wait(&ended, "2036-01-01T00:00:00Z"), None);
}
