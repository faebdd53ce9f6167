//! What holds whatever happens, in whatever order.

use super::ask::{creation, document, request, user};
use super::random_input::{PEOPLE, Step, person, requests, steps};
use chrono::{DateTime, TimeDelta, Utc};
use octavo_domain_approvals::{
    Action, Actor, Approval, Change, Decision, EventKind, Outcome, Seat, StageStatus, Verdict, act, barred, cancel,
    create, due_at, may_decide, may_see, open_seats, pass,
};
use octavo_domain_calendar::Calendar;
use octavo_domain_kernel::{Reader, UserId};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use std::collections::BTreeSet;

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 100_000, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn whatever_happens(members in requests(), steps in steps()) {
        let calendar = Calendar::working_week();
        let creation = creation(Some(document()), &calendar);
        let mut now = creation.now;
        let Ok(first) = create(request(members), creation) else { return Err(TestCaseError::reject("nobody can")) };
        let mut outputs = usize::from(first.output.is_some());
        check_change(None, &first, now)?;
        let mut approval = first.approval;
        for step in steps {
            let change = match step {
                Step::Acts(who, of, action) => acts(&approval, &person(who, of), *action, now, &calendar)?,
                Step::Waits(hours) => {
                    now += TimeDelta::hours(i64::from(hours));
                    let change = pass(&approval, now, &calendar);
                    prop_assert_eq!(change.is_some(), due_at(&approval).is_some_and(|at| at <= now));
                    change
                }
                Step::Stops => {
                    let change = cancel(&approval, now);
                    prop_assert_eq!(change.is_some(), approval.outcome.is_none());
                    change
                }
            };
            let Some(change) = change else { continue };
            check_change(Some(&approval), &change, now)?;
            outputs += usize::from(change.output.is_some());
            approval = change.approval;
            check_who_may(&approval, now, &calendar)?;
        }
        let answered = approval.outcome.is_some_and(|outcome| outcome != Outcome::Cancelled);
        prop_assert_eq!(outputs, usize::from(answered), "the workflow is answered once, or it waits");
    }
}

/// What an action of somebody's comes to; that it does not depend on how often it is done.
fn acts(
    approval: &Approval,
    actor: &Actor,
    action: Action,
    now: DateTime<Utc>,
    calendar: &Calendar,
) -> Result<Option<Change>, TestCaseError> {
    let Ok(change) = act(approval, actor, action.clone(), now, calendar) else { return Ok(None) };
    if change.repeated {
        prop_assert_eq!(&change.approval, approval);
        prop_assert!(change.events.is_empty() && change.notices.is_empty() && change.output.is_none());
        return Ok(None);
    }
    if matches!(action, Action::Claim { .. } | Action::Decide { .. } | Action::Delegate { .. }) {
        prop_assert!(!approval.excluded.contains(&actor.user), "excluded, and still acts");
    }
    if let Action::Decide { verdict, answers, comment, .. } = action {
        let EventKind::Decided { seat, .. } = change.events[0].kind else { panic!("what was done is recorded first") };
        check_decision(approval, actor, seat)?;
        let again = |verdict| Action::Decide {
            seat: Some(seat),
            verdict,
            comment: comment.clone().or(Some("so".to_owned())),
            answers: answers.clone(),
            document_version: Some(3),
            key: None,
        };
        let same = act(&change.approval, actor, again(verdict), now, calendar);
        prop_assert!(same.is_ok_and(|same| same.repeated), "the same decision is one");
        let other = if verdict == Verdict::Approve { Verdict::Reject } else { Verdict::Approve };
        prop_assert!(act(&change.approval, actor, again(other), now, calendar).is_err(), "it is decided");
    }
    Ok(Some(change))
}

/// That somebody who decided was entitled to, as the approval was before; found out without its rules.
fn check_decision(before: &Approval, actor: &Actor, number: u32) -> TestCaseResult {
    let stage = before
        .stages
        .iter()
        .find(|stage| stage.seats.iter().any(|seat| seat.number == number))
        .expect("the stage of the seat");
    let seat = stage.seats.iter().find(|seat| seat.number == number).expect("the seat");
    prop_assert!(before.outcome.is_none() && stage.status == StageStatus::Open && seat.open);
    prop_assert!(seat.decision.is_none(), "it was decided before");
    let entitled = |reader: &Reader| match reader {
        Reader::User(user) => *user == actor.user || actor.substitute_of.contains(user),
        Reader::Group(group) => actor.groups.contains(group),
    };
    match &seat.claimed_by {
        Some(claimer) => prop_assert!(*claimer == actor.user || actor.substitute_of.contains(claimer)),
        None => prop_assert!(seat.candidates.iter().any(entitled)),
    }
    Ok(())
}

fn seats(approval: &Approval) -> impl Iterator<Item = &Seat> {
    approval.stages.iter().flat_map(|stage| &stage.seats)
}

fn check_change(before: Option<&Approval>, change: &Change, now: DateTime<Utc>) -> TestCaseResult {
    let after = &change.approval;
    prop_assert!(!change.repeated && !change.events.is_empty());
    prop_assert_eq!(after.seq, before.map_or(0, |before| before.seq) + 1);
    let first = before.map_or(0, |before| before.events) + 1;
    let numbers: Vec<u32> = change.events.iter().map(|event| event.number).collect();
    prop_assert_eq!(numbers, (first..=after.events).collect::<Vec<_>>(), "numbered without a gap");
    prop_assert!(change.events.iter().all(|event| event.at == now));
    prop_assert_eq!(change.due_at, due_at(after));
    let text = serde_json::to_string(after).expect("it has text keys");
    prop_assert_eq!(&serde_json::from_str::<Approval>(&text).expect("as it was written"), after);
    if let Some(before) = before {
        check_kept(before, change)?;
    }
    check_end(before, change, now)?;
    check_four_eyes(after)?;
    check_distinct(after)?;
    check_notices(change)
}

/// What was decided stays decided, and what ended stays ended.
fn check_kept(before: &Approval, change: &Change) -> TestCaseResult {
    let after = &change.approval;
    for (one, other) in seats(before).zip(seats(after)) {
        prop_assert!(one.decision.is_none() || one.decision == other.decision);
        prop_assert!(other.delegations.starts_with(&one.delegations) && other.delegations.len() <= 5);
    }
    if before.outcome.is_some() {
        prop_assert_eq!(after.outcome, before.outcome);
        prop_assert_eq!(&after.stages, &before.stages);
        let only_said = change.events.iter().all(|event| matches!(event.kind, EventKind::Commented { .. }));
        prop_assert!(only_said, "something else happened to what has ended");
    }
    Ok(())
}

fn check_end(before: Option<&Approval>, change: &Change, now: DateTime<Utc>) -> TestCaseResult {
    let after = &change.approval;
    let ends = after.outcome.is_some() && before.is_none_or(|before| before.outcome.is_none());
    let ended = change.events.iter().filter(|event| matches!(event.kind, EventKind::Ended { .. })).count();
    prop_assert_eq!(ended, usize::from(ends));
    prop_assert_eq!(change.output.is_some(), ends && after.outcome != Some(Outcome::Cancelled));
    prop_assert_eq!(after.outcome.is_some(), after.ended_at.is_some());
    let open = after.stages.iter().filter(|stage| stage.status == StageStatus::Open).count();
    if after.outcome.is_some() {
        prop_assert!(open == 0 && open_seats(after).is_empty() && change.due_at.is_none());
        prop_assert!(seats(after).all(|seat| !seat.open));
    } else {
        prop_assert_eq!(open, 1);
        prop_assert!(!open_seats(after).is_empty(), "nobody could go on with it");
    }
    let time_decided = |number: usize| {
        change
            .events
            .iter()
            .any(|event| matches!(event.kind, EventKind::DeadlinePassed { stage, .. } if stage as usize == number))
    };
    for (number, stage) in after.stages.iter().enumerate() {
        let fresh = before.is_none_or(|before| before.stages[number].status != StageStatus::Approved);
        if fresh && stage.status == StageStatus::Approved && !time_decided(number) {
            let approved = stage.seats.iter().filter_map(|seat| seat.decision.as_ref());
            let approved = approved.filter(|decision| decision.verdict == Verdict::Approve).count();
            prop_assert!(approved >= usize::from(stage.needed));
        }
    }
    let approved =
        |stage: &octavo_domain_approvals::Stage| matches!(stage.status, StageStatus::Approved | StageStatus::Skipped);
    prop_assert_eq!(after.outcome == Some(Outcome::Approved), after.stages.iter().all(approved));
    // All that was due is done; only what opens just now may be.
    let opened_now = after.stages.iter().any(|stage| stage.opened_at == Some(now));
    prop_assert!(opened_now || change.due_at.is_none_or(|at| at > now) || !is_of_time(change));
    Ok(())
}

fn is_of_time(change: &Change) -> bool {
    change.events.iter().any(|event| matches!(event.kind, EventKind::Reminded { .. } | EventKind::Escalated { .. }))
}

fn people(decision: &Decision) -> impl Iterator<Item = &UserId> {
    std::iter::once(&decision.by).chain(&decision.on_behalf_of)
}

fn check_four_eyes(approval: &Approval) -> TestCaseResult {
    let excluded = |user: &UserId| approval.excluded.contains(user);
    prop_assert!(excluded(&user("ada")));
    for seat in seats(approval) {
        prop_assert!(!seat.decision.iter().flat_map(people).any(excluded), "an excluded person decided");
        prop_assert!(!seat.claimed_by.iter().any(excluded));
        prop_assert!(!(seat.open && seat.decision.is_some()), "decided, and still its turn");
        prop_assert!(!seat.delegations.iter().any(|one| excluded(&one.from) || excluded(&one.to)));
        let named = seat.candidates.iter().any(|reader| matches!(reader, Reader::User(user) if excluded(user)));
        prop_assert!(!named, "an excluded person is a candidate");
    }
    Ok(())
}

fn check_distinct(approval: &Approval) -> TestCaseResult {
    let decided = |stage: &octavo_domain_approvals::Stage| -> Vec<UserId> {
        stage.seats.iter().filter_map(|seat| seat.decision.as_ref()).map(|decision| decision.by.clone()).collect()
    };
    let all_different = |people: Vec<UserId>| people.iter().collect::<BTreeSet<_>>().len() == people.len();
    for stage in &approval.stages {
        prop_assert!(all_different(decided(stage)), "one person took two seats of a stage");
    }
    if approval.request.distinct_across_stages {
        prop_assert!(all_different(approval.stages.iter().flat_map(decided).collect()));
    }
    Ok(())
}

fn check_notices(change: &Change) -> TestCaseResult {
    let mut asked = BTreeSet::new();
    let barred = barred(&change.approval);
    for notice in &change.notices {
        prop_assert!(!notice.to.is_empty());
        for reader in notice.to.iter().filter(|_| notice.kind.asks()) {
            prop_assert!(asked.insert(reader.clone()), "asked twice");
            let in_vain = matches!(reader, Reader::User(user) if barred.contains(user));
            prop_assert!(!in_vain, "somebody is asked who may not decide");
        }
        prop_assert!(!notice.kind.asks() || change.approval.outcome.is_none(), "asked for what is over");
    }
    Ok(())
}

/// What somebody's inbox finds, by what the store has of the seats that wait.
fn found(approval: &Approval, actor: &Actor) -> Vec<u32> {
    let barred = barred(approval);
    let stands_for = |user: &UserId| actor.substitute_of.contains(user) && !barred.contains(user);
    let addressed = |reader: &Reader| match reader {
        Reader::User(user) => *user == actor.user || stands_for(user),
        Reader::Group(group) => actor.groups.contains(group),
    };
    let waiting = open_seats(approval).into_iter().filter(|seat| match &seat.claimed_by {
        Some(claimer) if *claimer != actor.user => stands_for(claimer),
        _ => seat.candidates.iter().any(addressed),
    });
    waiting.map(|seat| seat.seat).filter(|_| !barred.contains(&actor.user)).collect()
}

/// That whoever is said to be able to decide is, and nobody else; and that they see what they decide.
fn check_who_may(approval: &Approval, now: DateTime<Utc>, calendar: &Calendar) -> TestCaseResult {
    for name in PEOPLE {
        for of in [None, Some("bob")] {
            let actor = person(name, of.filter(|of| of != name));
            let may = may_decide(approval, &actor);
            prop_assert!(may.is_empty() || may_see(approval, &actor));
            prop_assert_eq!(&may, &found(approval, &actor), "what the inbox of {} finds", name);
            for seat in seats(approval).map(|seat| seat.number) {
                let approve = Action::Decide {
                    seat: Some(seat),
                    verdict: Verdict::Approve,
                    comment: None,
                    answers: serde_json::Map::new(),
                    document_version: Some(3),
                    key: None,
                };
                let can = act(approval, &actor, approve, now, calendar).is_ok_and(|change| !change.repeated);
                prop_assert_eq!(can, may.contains(&seat), "{} about seat {}", name, seat);
            }
        }
    }
    Ok(())
}
