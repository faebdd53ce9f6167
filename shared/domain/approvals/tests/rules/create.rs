//! What a workflow asks for.

use super::ask::{ask, begin, creation, request, told, try_ask, user};
use octavo_domain_approvals::{EventKind, Outcome, StageStatus, create, open_seats};
use octavo_domain_calendar::Calendar;
use serde_json::{Value, json};

fn wrong(members: Value) -> (String, &'static str) {
    let text = members.to_string();
    let error = try_ask(members).expect_err(&text);
    (error.path.clone(), error.name())
}

#[test]
fn a_single_stage_may_stand_in_the_request() {
    let change = try_ask(json!({"Approvers": ["user:bob", "group:legal"]})).unwrap();
    let approval = &change.approval;
    assert_eq!((approval.seq, approval.events), (1, 2));
    assert_eq!(approval.stages.len(), 1);
    assert_eq!(approval.stages[0].name, "Approval");
    assert_eq!(approval.stages[0].needed, 2);
    assert_eq!(approval.request.stages.len(), 1, "it is written out");
    assert!(approval.request.approvers.is_empty());
    assert_eq!(open_seats(approval).len(), 2);
    assert_eq!(told(&change), ["requested user:bob", "requested group:legal"]);
    assert_eq!(change.notices[0].seat, Some(0));
    assert_eq!(change.output, None);
    assert_eq!(change.events[0].kind, EventKind::Requested);
    assert_eq!(change.events[0].actor, Some(user("ada")));
}

#[test]
fn counted_seats_are_another_persons_each_and_told_of_once() {
    let change = try_ask(json!({"Approvers": [{"Candidates": ["group:legal"], "Count": 2}]})).unwrap();
    assert_eq!(open_seats(&change.approval).iter().map(|seat| seat.seat).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(told(&change), ["requested group:legal"]);
    assert_eq!(change.notices[0].seat, None);
}

#[test]
fn what_is_not_needed_is_left_out() {
    let approval = ask(json!({"Stages": [
        {"Name": "Legal", "When": false, "Approvers": ["group:legal"]},
        {"Name": "Finance", "Approvers": ["user:dan", {"Candidates": ["user:bob"], "When": false}]},
    ]}));
    assert_eq!(approval.stages[0].status, StageStatus::Skipped);
    assert_eq!(approval.stages[1].status, StageStatus::Open);
    assert_eq!(approval.stages[1].seats.len(), 1);
    assert_eq!(approval.stages[1].needed, 1);
    // Nobody is needed: the workflow goes on at once.
    let change = try_ask(json!({"Stages": [
        {"Name": "Legal", "When": false, "Approvers": ["group:legal"]},
        {"Name": "Board", "Approvers": [{"Candidates": ["user:bob"], "When": false}]},
    ]}))
    .unwrap();
    assert_eq!(change.approval.outcome, Some(Outcome::Approved));
    assert_eq!(change.output.as_ref().unwrap()["Outcome"], "APPROVED");
    assert_eq!(change.output.as_ref().unwrap()["Decisions"], json!([]));
    assert_eq!(change.due_at, None);
    assert_eq!(told(&change), ["ended user:ada"]);
    let skipped = change.events.iter().filter(|event| matches!(event.kind, EventKind::StageSkipped { .. }));
    assert_eq!(skipped.count(), 2);
}

#[test]
fn whoever_is_excluded_is_no_candidate() {
    let calendar = Calendar::working_week();
    let asked = request(json!({
        "Requester": "zoe", "Exclude": ["dan"], "Quorum": "any",
        "Approvers": [{"Candidates": ["user:ada", "user:zoe", "user:yan", "user:dan", "user:bob", "group:legal"]}, "user:ada"],
    }));
    let author = octavo_domain_approvals::Creation { author: Some(user("yan")), ..creation(None, &calendar) };
    let change = create(asked, author).unwrap();
    assert_eq!(change.approval.excluded, ["ada", "dan", "yan", "zoe"].map(user).into());
    let seats = open_seats(&change.approval);
    assert_eq!(seats.len(), 1, "a seat that nobody is left for is none");
    assert_eq!(told(&change), ["requested user:bob group:legal"]);
    assert_eq!(change.events[0].on_behalf_of, Some(user("zoe")));
}

#[test]
fn nobody_can_approve() {
    for (members, path) in [
        (json!({"Approvers": ["user:ada"]}), "$.Approvers[0]"),
        (json!({"Approvers": ["user:bob", "user:ada"]}), "$.Approvers[1]"),
        (json!({"Approvers": ["user:ada", "user:ada"], "Quorum": "any"}), "$.Approvers"),
        (json!({"Approvers": ["user:bob", "user:ada", "user:cara"], "Exclude": ["cara"], "Quorum": 2}), "$.Approvers"),
        (json!({"Approvers": ["user:bob", "user:bob"]}), "$.Approvers"),
        (
            json!({"Stages": [{"Approvers": ["user:bob"]}, {"Approvers": ["user:bob"]}], "DistinctAcrossStages": true}),
            "$.Stages[1].Approvers",
        ),
        (
            json!({"Approvers": ["user:bob"], "Escalations": [{"After": "P1D", "To": ["user:ada"]}]}),
            "$.Escalations[0].To",
        ),
    ] {
        assert_eq!(wrong(members), (path.to_owned(), "NobodyCanApprove"));
    }
    // The same person in two stages is fine where that is not asked for.
    ask(json!({"Stages": [{"Approvers": ["user:bob"]}, {"Approvers": ["user:bob"]}]}));
}

#[test]
fn what_is_wrong_is_named_by_its_path() {
    let many = |number: usize| (0..number).map(|number| format!("user:u{number}")).collect::<Vec<_>>();
    let approvers = json!(["user:bob"]);
    for (members, path) in [
        (json!({"Title": "", "Approvers": approvers}), "$.Title"),
        (json!({"Title": "x".repeat(201), "Approvers": approvers}), "$.Title"),
        (json!({"Title": "two\nlines", "Approvers": approvers}), "$.Title"),
        (json!({"Description": "x".repeat(8_001), "Approvers": approvers}), "$.Description"),
        (json!({"Data": {"x": "y".repeat(70_000)}, "Approvers": approvers}), "$.Data"),
        (json!({"Category": "No Spaces", "Approvers": approvers}), "$.Category"),
        (json!({"Calendar": "Vienna!", "Approvers": approvers}), "$.Calendar"),
        (
            json!({"Exclude": many(101).iter().map(|user| &user[5..]).collect::<Vec<_>>(), "Approvers": approvers}),
            "$.Exclude",
        ),
        (json!({"Form": {"$ref": "https://example.com/x"}, "Approvers": approvers}), "$.Form"),
        (json!({"Form": {"type": 7}, "Approvers": approvers}), "$.Form"),
        (json!({"Form": {"description": "x".repeat(40_000)}, "Approvers": approvers}), "$.Form"),
        (json!({}), "$.Approvers"),
        (json!({"Approvers": many(51)}), "$.Approvers"),
        (
            json!({"Approvers": [{"Candidates": ["group:legal"], "Count": 26}, {"Candidates": ["group:legal"], "Count": 25}]}),
            "$.Approvers",
        ),
        (json!({"Approvers": [{"Candidates": []}]}), "$.Approvers[0].Candidates"),
        (json!({"Approvers": [{"Candidates": many(21)}]}), "$.Approvers[0].Candidates"),
        (json!({"Approvers": [{"Candidates": ["user:bob", "user:bob"]}]}), "$.Approvers[0].Candidates[1]"),
        (json!({"Approvers": [{"Candidates": ["group:legal"], "Count": 0}]}), "$.Approvers[0].Count"),
        (json!({"Approvers": approvers, "Quorum": 2}), "$.Quorum"),
        (json!({"Approvers": [{"Candidates": ["user:bob"], "When": false}], "Quorum": "any"}), "$.Quorum"),
        (json!({"Approvers": approvers, "Reminders": {"After": "P1D", "Max": 31}}), "$.Reminders.Max"),
        (json!({"Approvers": approvers, "Deadline": {"Default": "approve"}}), "$.Deadline"),
        (json!({"Approvers": approvers, "Deadline": {"After": "P1D", "At": "2027-01-01T00:00:00Z"}}), "$.Deadline"),
        (
            json!({"Approvers": approvers, "Escalations": [
            {"After": "P2D", "To": ["user:cara"]}, {"After": "P1D", "To": ["user:dan"]}]}),
            "$.Escalations[1].After",
        ),
        (json!({"Approvers": approvers, "Escalations": [{"After": "P2D", "To": []}]}), "$.Escalations[0].To"),
        (json!({"Approvers": approvers, "Stages": [{"Approvers": approvers}]}), "$.Approvers"),
        (json!({"Deadline": {"After": "P1D"}, "Stages": [{"Approvers": approvers}]}), "$.Deadline"),
        (json!({"Stages": [{"Approvers": approvers}, {"Approvers": []}]}), "$.Stages[1].Approvers"),
        (json!({"Stages": [{"Name": "x".repeat(81), "Approvers": approvers}]}), "$.Stages[0].Name"),
        (json!({"Stages": vec![json!({"Approvers": approvers}); 21]}), "$.Stages"),
        (json!({"Stages": vec![json!({"Approvers": many(41)}); 5]}), "$.Stages"),
        (
            json!({"Document": {"Id": "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081", "Version": 0}, "Approvers": approvers}),
            "$.Document.Version",
        ),
    ] {
        assert_eq!(wrong(members), (path.to_owned(), "InvalidRequest"));
    }
}

#[test]
fn its_times_go_by_the_calendar_of_the_tenant() {
    let approval = ask(json!({
        "Approvers": ["user:bob"],
        "Reminders": {"After": "PT8H"},
        "Escalations": [{"After": "P1D", "To": ["user:cara"], "BusinessTime": false}],
        "Deadline": {"After": "P5D", "BusinessTime": true},
    }));
    let stage = &approval.stages[0];
    // Friday 10:00: seven hours today, one on Monday.
    assert_eq!(stage.remind_at.unwrap().to_rfc3339(), "2026-11-30T10:00:00+00:00");
    assert_eq!(stage.escalate_at.unwrap().to_rfc3339(), "2026-11-28T10:00:00+00:00");
    assert_eq!(stage.deadline_at.unwrap().to_rfc3339(), "2026-12-04T10:00:00+00:00");
    assert_eq!(octavo_domain_approvals::due_at(&approval), stage.escalate_at);
    // A year is not too long.
    let long = ask(json!({"Approvers": ["user:bob"], "Deadline": {"After": "P1Y"}}));
    assert_eq!(octavo_domain_approvals::due_at(&long).unwrap().to_rfc3339(), "2027-11-27T10:00:00+00:00");
    assert_eq!(long.created_at, begin());
}
