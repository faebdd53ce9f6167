//! Nobody decides what they asked for or wrote, on no path.

use super::ask::*;
use octavo_domain_approvals::{Action, Actor, Approval, Refused, Verdict, may_decide};
use serde_json::json;

fn every_way(approval: &Approval, who: &Actor, what: &str) {
    for seat in [None, Some(0)] {
        for action in [
            decide(seat, Verdict::Approve),
            decide(seat, Verdict::Reject),
            decide(seat, Verdict::RequestChanges),
            Action::Claim { seat },
            Action::Delegate { seat, to: user("gil"), comment: None },
        ] {
            assert_eq!(does(approval, who, action.clone()), Err(Refused::SelfApproval), "{what}: {action:?}");
        }
    }
    assert!(may_decide(approval, who).is_empty(), "{what}");
}

#[test]
fn not_by_a_group_nor_as_an_administrator_nor_as_a_substitute() {
    let approval = ask(json!({"Approvers": ["group:legal"]}));
    every_way(&approval, &actor("ada"), "by a group");
    every_way(&approval, &Actor { admin: true, ..actor("ada") }, "as an administrator");
    let named = ask(json!({"Approvers": ["user:bob"]}));
    every_way(&named, &substitute("ada", "bob"), "as a substitute");
    let claimed = done(&approval, "bob", claim());
    every_way(&claimed, &substitute("ada", "bob"), "as the substitute of who claimed it");
}

#[test]
fn not_by_a_delegation_nor_by_one_and_back() {
    let approval = ask(json!({"Approvers": ["user:bob"]}));
    assert_eq!(does(&approval, &actor("bob"), delegate("ada")), Err(Refused::SelfApproval));
    assert_eq!(does(&approval, &actor("root"), delegate("ada")), Err(Refused::SelfApproval));
    let handed = done(&approval, "bob", delegate("gil"));
    assert_eq!(does(&handed, &actor("gil"), delegate("ada")), Err(Refused::SelfApproval));
}

#[test]
fn not_by_who_decides_for_them() {
    // A substitute of ada's has nothing of hers: she is no candidate, and what she claims is nothing.
    let approval = ask(json!({"Approvers": ["group:legal"]}));
    assert_eq!(does(&approval, &substitute("fay", "ada"), approve()), Err(Refused::NoSeat));
    // Were she a candidate by mistake, neither she nor they could.
    let mut wrong = approval;
    wrong.stages[0].seats[0].candidates = vec!["user:ada".parse().unwrap()];
    every_way(&wrong, &actor("ada"), "as a candidate by mistake");
    assert_eq!(does(&wrong, &substitute("fay", "ada"), approve()), Err(Refused::NoSeat));
    wrong.stages[0].seats[0].claimed_by = Some(user("ada"));
    assert_eq!(does(&wrong, &substitute("fay", "ada"), approve()), Err(Refused::NoSeat));
}

#[test]
fn not_by_an_escalation() {
    let approval = ask(json!({
        "Approvers": ["user:bob"],
        "Escalations": [{"After": "P1D", "To": ["user:ada", "group:finance"], "Replace": true}],
    }));
    let change = wait(&approval, "2026-12-01T10:00:00Z").unwrap();
    assert_eq!(told(&change), ["escalated group:finance"]);
    every_way(&change.approval, &actor("ada"), "by an escalation");
    done(&change.approval, "dan", approve());
}

#[test]
fn not_for_whom_it_is_asked_nor_who_is_named() {
    let approval = ask(json!({"Approvers": ["group:legal"], "Requester": "bob", "Exclude": ["cara"]}));
    every_way(&approval, &actor("bob"), "for whom it is asked");
    every_way(&approval, &actor("cara"), "who is named");
    done(&approval, "eve", approve());
}
