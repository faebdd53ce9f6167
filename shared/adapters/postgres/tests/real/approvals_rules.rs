//! What inboxes hold is what the rules would let their people decide, whatever was done before.

use crate::ai_fixture::Numbers;
use crate::approvals_fixture::{all_of, commit, id, place, reader, user};
use crate::fixture::{at, everywhere};
use crate::workflow_fixture::acme;
use octavo_adapters_postgres::Postgres;
use octavo_domain_approvals::{
    Action, Actor, Approval, ApprovalStore, Creation, ListQuery, Mailbox, Origin, Verdict, act, create, may_decide,
};
use octavo_domain_calendar::Calendar;
use octavo_domain_kernel::{GroupId, Reader};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

const APPROVALS: u32 = 40;
const ROUNDS: i64 = 6;
/// Each with their groups and whom they substitute; one substitutes whoever asks.
const PEOPLE: [(&str, &[&str], &[&str]); 7] = [
    ("asks", &["g0"], &[]),
    ("u1", &["g0"], &[]),
    ("u2", &["g0", "g1"], &["u1"]),
    ("u3", &["g1"], &["u2", "u5"]),
    ("u4", &[], &["u1", "asks"]),
    ("u5", &[], &["u4"]),
    ("u6", &["g1"], &["u3"]),
];

fn actor(person: (&str, &[&str], &[&str])) -> Actor {
    Actor {
        user: user(person.0),
        groups: person.1.iter().map(|group| group.parse::<GroupId>().unwrap()).collect(),
        substitute_of: person.2.iter().map(|name| user(name)).collect(),
        admin: false,
        place: place(),
    }
}

fn as_whom(actor: &Actor) -> Vec<Reader> {
    let groups = actor.groups.iter().map(|group| reader(&format!("group:{group}")));
    let users = actor.substitute_of.iter().chain([&actor.user]).map(|user| Reader::User(user.clone()));
    users.chain(groups).collect()
}

fn asked(kind: u64) -> Value {
    let two = json!({ "Candidates": ["user:u1", "user:u4", "group:g1"], "Count": 2 });
    match kind {
        0 => json!({ "Approvers": ["user:u1", "group:g0", two] }),
        1 => json!({ "Approvers": ["user:u2", "user:u5", "group:g1"], "Order": "sequential", "Quorum": 2 }),
        2 => json!({ "Approvers": ["group:g0", "group:g1", "user:u4"], "Quorum": 2, "Reject": "first" }),
        _ => json!({
            "DistinctAcrossStages": true,
            "Stages": [
                { "Name": "One", "Approvers": [{ "Candidates": ["user:u1", "user:u3"] }, "group:g1"] },
                { "Name": "Two", "Approvers": ["user:u4", "group:g0", "group:g1"], "Quorum": 2 },
            ],
        }),
    }
}

async fn begin(store: &Postgres, number: u32, kind: u64) -> Approval {
    let mut request = asked(kind);
    request["Title"] = json!(format!("Approval {number}"));
    let origin = Origin {
        execution: Uuid::from_u128(5),
        execution_arn: "arn:aws:states:us-east-1:000000000001:execution:m:one".to_owned(),
        state: "Ask".to_owned(),
        token: format!("token-{number}"),
    };
    let creation = Creation {
        id: id(number.into()),
        requester: user("asks"),
        origin,
        document: None,
        author: None,
        calendar: &Calendar::working_week(),
        now: at(number.into()),
    };
    let change = create(serde_json::from_value(request).unwrap(), creation).unwrap();
    commit(store, &change.into_commit(None, Vec::new(), None)).await
}

fn any_action(numbers: &mut Numbers, approval: &Approval) -> Action {
    let seats = approval.stages.iter().map(|stage| stage.seats.len() as u64).sum::<u64>();
    let seat = (numbers.below(2) == 0).then(|| u32::try_from(numbers.below(seats)).unwrap());
    let comment = Some("why".to_owned());
    match numbers.below(8) {
        0..=2 => Action::Claim { seat },
        3 => Action::Release { seat },
        4 | 5 => {
            let to = user(numbers.one_of(&PEOPLE).0);
            Action::Delegate { seat, to, comment }
        }
        number => Action::Decide {
            seat,
            verdict: if number == 6 && numbers.below(4) == 0 { Verdict::Reject } else { Verdict::Approve },
            comment,
            answers: Map::new(),
            document_version: None,
            key: None,
        },
    }
}

#[tokio::test]
async fn an_inbox_holds_exactly_what_its_person_may_decide() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let (mut numbers, calendar) = (Numbers(6), Calendar::working_week());
        let mut approvals = Vec::new();
        for number in 1..=APPROVALS {
            approvals.push(begin(store, number, numbers.below(4)).await);
        }
        let (mut done, mut shown) = (0, 0);
        for round in 1..=ROUNDS {
            for approval in &mut approvals {
                for _ in 0..3 {
                    let by = actor(numbers.one_of(&PEOPLE));
                    let action = any_action(&mut numbers, approval);
                    let Ok(change) = act(approval, &by, action, at(100 * round), &calendar) else { continue };
                    if !change.repeated {
                        done += 1;
                        *approval = commit(store, &change.into_commit(Some(approval.seq), Vec::new(), None)).await;
                    }
                }
            }
            for person in PEOPLE {
                let by = actor(person);
                let mailbox = Mailbox::ToDecide { me: by.user.clone(), readers: as_whom(&by) };
                let listed = store.approval_list(&acme(), &ListQuery { limit: 200, ..all_of(mailbox) }).await.unwrap();
                let listed: BTreeSet<_> = listed.into_iter().map(|summary| summary.approval.id).collect();
                let expected = approvals.iter().filter(|approval| !may_decide(approval, &by).is_empty());
                let expected: BTreeSet<_> = expected.map(|approval| approval.id).collect();
                assert_eq!(listed, expected, "round {round}, {person:?}");
                shown += listed.len();
                let mailbox = Mailbox::Mine { me: by.user.clone(), readers: as_whom(&by) };
                let mine = store.approval_list(&acme(), &ListQuery { limit: 200, ..all_of(mailbox) }).await.unwrap();
                assert!(mine.iter().all(|summary| listed.contains(&summary.approval.id)), "{person:?}");
                let counts = store.approval_counts(&acme(), &by.user, &as_whom(&by)).await.unwrap();
                let (most, sum) = (counts.mine.max(counts.groups) as usize, (counts.mine + counts.groups) as usize);
                assert_eq!(counts.mine as usize, mine.len(), "round {round}, {person:?}");
                assert!(most <= listed.len() && listed.len() <= sum, "{counts:?} of {}, {person:?}", listed.len());
            }
        }
        assert!(done > 100 && shown > 100, "{done} actions, {shown} shown: this proves too little");
        fixture
    })
    .await;
}
