//! Seats are handed on.

use super::ask::*;
use octavo_domain_approvals::{Action, Actor, Outcome, Refused, Verdict, may_decide};
use serde_json::json;

fn field(result: Result<octavo_domain_approvals::Change, Refused>) -> String {
    match result {
        Err(Refused::Invalid { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn whom_it_is_handed_to_has_it_alone() {
    let approval = ask(json!({"Approvers": ["group:legal"]}));
    let change = does(&approval, &actor("bob"), delegate("gil")).unwrap();
    assert_eq!(told(&change), ["delegated user:gil"]);
    let handed = change.approval;
    assert_eq!(does(&handed, &actor("bob"), approve()), Err(Refused::NoSeat));
    assert_eq!(does(&handed, &actor("cara"), approve()), Err(Refused::NoSeat));
    let change = does(&handed, &actor("gil"), approve()).unwrap();
    let decision = &change.output.unwrap()["Decisions"][0];
    assert_eq!((&decision["By"], &decision["OnBehalfOf"]), (&json!("gil"), &json!("bob")));
    // And back.
    let back = done(&handed, "gil", delegate("bob"));
    assert_eq!(done(&back, "bob", approve()).outcome, Some(Outcome::Approved));
}

#[test]
fn a_chain_ends() {
    let mut approval = ask(json!({"Approvers": ["user:p0"]}));
    for number in 0..5 {
        approval = done(&approval, &format!("p{number}"), delegate(&format!("p{}", number + 1)));
    }
    assert_eq!(field(does(&approval, &actor("p5"), delegate("p6"))), "to");
    assert_eq!(done(&approval, "p5", approve()).outcome, Some(Outcome::Approved));
}

#[test]
fn it_goes_to_another_who_has_not_decided() {
    let approval = ask(json!({"Approvers": ["user:bob", "user:cara"]}));
    assert_eq!(field(does(&approval, &actor("bob"), delegate("bob"))), "to");
    let decided = done(&approval, "bob", approve());
    assert_eq!(does(&decided, &actor("cara"), delegate("bob")), Err(Refused::TwiceBySame));
    assert_eq!(does(&decided, &actor("bob"), delegate("gil")), Err(Refused::NoSeat));
    let Action::Delegate { to, .. } = delegate("gil") else { panic!("a delegation") };
    let of_decided = Action::Delegate { seat: Some(0), to, comment: None };
    assert_eq!(does(&decided, &actor("bob"), of_decided), Err(Refused::Decided));
}

#[test]
fn who_decided_one_seat_may_hand_on_the_other_that_is_theirs() {
    let approval = ask(json!({"Approvers": ["user:bob", {"Candidates": ["user:bob", "user:cara"]}]}));
    let approval = done(&approval, "cara", delegate("dan"));
    let stuck = done(&approval, "dan", delegate("bob"));
    let stuck = done(&stuck, "bob", decide(Some(0), Verdict::Approve));
    assert!(may_decide(&stuck, &actor("bob")).is_empty());
    let freed = done(&stuck, "bob", delegate("cara"));
    assert_eq!(done(&freed, "cara", approve()).outcome, Some(Outcome::Approved));
}

#[test]
fn substitutes_and_administrators_hand_on_for_others() {
    let approval = ask(json!({"Approvers": ["user:bob"]}));
    let change = does(&approval, &substitute("fay", "bob"), delegate("gil")).unwrap();
    assert_eq!(change.approval.stages[0].seats[0].delegations[0].from, user("bob"));
    assert_eq!(change.events[0].on_behalf_of, Some(user("bob")));
    let change = does(&approval, &actor("root"), delegate("gil")).unwrap();
    assert_eq!(change.approval.stages[0].seats[0].delegations[0].from, user("bob"));
    assert_eq!(change.events[0].actor, Some(user("root")));
    assert_eq!(done(&change.approval, "gil", approve()).outcome, Some(Outcome::Approved));
    // But an administrator decides nothing that is not theirs.
    assert_eq!(does(&approval, &actor("root"), approve()), Err(Refused::NoSeat));
    // Also what somebody else has claimed.
    let claimed = done(&ask(json!({"Approvers": ["group:legal"]})), "bob", claim());
    let handed = done(&claimed, "root", delegate("gil"));
    assert_eq!(handed.stages[0].seats[0].claimed_by, None);
    assert_eq!(handed.stages[0].seats[0].delegations[0].from, user("bob"));
}

#[test]
fn who_was_substituted_counts_and_who_handed_on_does_not() {
    let approval = ask(
        json!({"Approvers": [{"Candidates": ["user:bob", "user:cara"]}, {"Candidates": ["user:bob", "user:dan"]}]}),
    );
    let by_substitute = does(&approval, &substitute("fay", "bob"), decide(Some(0), Verdict::Approve)).unwrap().approval;
    assert_eq!(does(&by_substitute, &actor("bob"), decide(Some(1), Verdict::Approve)), Err(Refused::TwiceBySame));
    let again = Actor { user: user("gil"), ..substitute("gil", "bob") };
    assert_eq!(does(&by_substitute, &again, decide(Some(1), Verdict::Approve)), Err(Refused::TwiceBySame));
    let Action::Delegate { to, .. } = delegate("gil") else { panic!("a delegation") };
    let handed = done(&approval, "bob", Action::Delegate { seat: Some(0), to, comment: None });
    let handed = done(&handed, "gil", approve());
    assert_eq!(done(&handed, "bob", decide(Some(1), Verdict::Approve)).outcome, Some(Outcome::Approved));
}
