//! Approvals and actions of any kind, in any order.

use super::ask::{actor, user};
use octavo_domain_approvals::{Action, Actor, Verdict};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

pub(crate) const PEOPLE: &[&str] = &["ada", "bob", "cara", "dan", "eve", "fay", "root"];
const READERS: &[&str] =
    &["user:ada", "user:bob", "user:cara", "user:dan", "user:eve", "user:fay", "group:legal", "group:finance"];
const LENGTHS: &[&str] = &["PT1H", "PT5H", "P1D", "P2D", "P3D", "P1W"];

/// What happens next.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Somebody does something, perhaps as somebody's substitute.
    Acts(&'static str, Option<&'static str>, Box<Action>),
    /// So many hours pass.
    Waits(u16),
    /// The workflow goes away.
    Stops,
}

/// Who acts, as a person.
pub(crate) fn person(name: &str, substitute_of: Option<&str>) -> Actor {
    Actor { substitute_of: substitute_of.map(user).into_iter().collect(), ..actor(name) }
}

fn readers() -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(READERS, 1..4)
}

fn seat() -> impl Strategy<Value = Value> {
    prop_oneof![
        select(READERS).prop_map(|reader| json!(reader)),
        (readers(), 1u16..3, prop::bool::weighted(0.9))
            .prop_map(|(candidates, count, when)| json!({"Candidates": candidates, "Count": count, "When": when})),
    ]
}

prop_compose! {
    fn stage()(
        seats in vec(seat(), 1..4),
        quorum in select(vec![json!("any"), json!("all"), json!(1), json!(2)]),
        order in select(vec!["parallel", "sequential"]),
        reject in select(vec!["impossible", "first"]),
        reminders in proptest::option::of((select(LENGTHS), proptest::option::of(select(LENGTHS)), 1u16..5)),
        escalations in vec((readers(), any::<bool>(), any::<bool>()), 0..3),
        deadline in proptest::option::of((select(LENGTHS), select(vec!["approve", "reject", "expire"]), any::<bool>())),
        when in prop::bool::weighted(0.85),
    ) -> Value {
        let mut stage = json!({"Approvers": seats, "Quorum": quorum, "Order": order, "Reject": reject, "When": when});
        if let Some((after, every, max)) = reminders {
            stage["Reminders"] = match every {
                Some(every) => json!({"After": after, "Every": every, "Max": max}),
                None => json!({"After": after, "Max": max}),
            };
        }
        stage["Escalations"] = escalations
            .into_iter()
            .enumerate()
            .map(|(number, (to, replace, business))| {
                json!({"After": format!("P{}D", number + 1), "To": to, "Replace": replace, "BusinessTime": business})
            })
            .collect();
        if let Some((after, default, business)) = deadline {
            stage["Deadline"] = json!({"After": after, "Default": default, "BusinessTime": business});
        }
        stage
    }
}

prop_compose! {
    /// The members of a request; not each can be filled.
    pub(crate) fn requests()(
        stages in vec(stage(), 1..4),
        distinct: bool,
        allow_changes: bool,
        requester in proptest::option::of(select(vec!["bob", "fay"])),
        exclude in subsequence(vec!["cara", "eve"], 0..2),
    ) -> Value {
        let mut request = json!({
            "Stages": stages, "DistinctAcrossStages": distinct, "AllowChanges": allow_changes, "Exclude": exclude,
        });
        if let Some(requester) = requester {
            request["Requester"] = json!(requester);
        }
        request
    }
}

fn seats() -> impl Strategy<Value = Option<u32>> {
    prop_oneof![2 => Just(None), 1 => (0u32..8).prop_map(Some)]
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    prop_oneof![5 => Just(Verdict::Approve), 2 => Just(Verdict::Reject), 1 => Just(Verdict::RequestChanges)]
}

fn actions() -> impl Strategy<Value = Action> {
    let decide =
        (seats(), verdicts(), proptest::option::of(select(vec!["k1", "k2"]))).prop_map(|(seat, verdict, key)| {
            Action::Decide {
                seat,
                verdict,
                comment: (verdict != Verdict::Approve).then(|| "because".to_owned()),
                answers: Map::new(),
                document_version: Some(3),
                key: key.map(str::to_owned),
            }
        });
    let delegate =
        (seats(), select(PEOPLE)).prop_map(|(seat, to)| Action::Delegate { seat, to: user(to), comment: None });
    prop_oneof![
        8 => decide,
        3 => delegate,
        3 => seats().prop_map(|seat| Action::Claim { seat }),
        2 => seats().prop_map(|seat| Action::Release { seat }),
        1 => Just(Action::Comment { text: "hm".to_owned(), attachments: Vec::new() }),
    ]
}

/// What happens to an approval.
pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let acts = (select(PEOPLE), proptest::option::weighted(0.3, select(PEOPLE)), actions())
        .prop_map(|(who, of, action)| Step::Acts(who, of.filter(|of| *of != who), Box::new(action)));
    let withdraws = select(PEOPLE).prop_map(|who| Step::Acts(who, None, Box::new(Action::Withdraw { comment: None })));
    vec(prop_oneof![40 => acts, 10 => (0u16..60).prop_map(Step::Waits), 1 => withdraws, 1 => Just(Step::Stops)], 1..40)
}
