//! What is asked of whom, and what was decided so far.

use serde_json::{Value, json};

/// An approval.
pub(super) struct Ask {
    /// The name of its execution.
    pub(super) name: &'static str,
    pub(super) machine: &'static str,
    /// Who asks.
    pub(super) by: &'static str,
    pub(super) title: &'static str,
    /// The document that it is about.
    pub(super) document: Option<&'static str>,
    /// What else the state machine takes.
    pub(super) input: fn() -> Value,
    /// What was done, in this order.
    pub(super) acts: &'static [Act],
}

/// What somebody did.
pub(super) enum Act {
    Approve(&'static str, &'static str),
    /// The form's answer is the day on which it is asked again: so many days from now.
    ApproveUntil(&'static str, &'static str, i64),
    Reject(&'static str, &'static str),
    RequestChanges(&'static str, &'static str),
    Claim(&'static str),
    Delegate(&'static str, &'static str, &'static str),
    Withdraw(&'static str, &'static str),
    Say(&'static str, &'static str),
}

/// All of them. What waits for the host comes first in their inbox: the newest is asked last.
pub(super) const AGENDA: [Ask; 12] = [
    Ask {
        name: "ai-guideline",
        machine: "single-approval",
        by: "tobias",
        title: "How we use AI",
        document: Some("ai-guideline.md"),
        input: || json!({ "approver": "user:mira" }),
        acts: &[Act::Approve("mira", "Read, agreed. I would have written it longer and worse.")],
    },
    Ask {
        name: "fair-notes-for-everybody",
        machine: "single-approval",
        by: "sofia",
        title: "Notes on the others at the fair, for the newsletter",
        document: Some("competitor-notes.md"),
        input: || json!({ "approver": "user:mira" }),
        acts: &[Act::Reject(
            "mira",
            "Not outside of this house. Tell the story of the flowerpot, without the others in it.",
        )],
    },
    Ask {
        name: "cooperative-contract",
        machine: "single-approval",
        by: "sofia",
        title: "Frame contract with the Sulmbach growers' cooperative",
        document: Some("cooperative-frame-contract.md"),
        input: || json!({ "approver": "group:legal-leads" }),
        acts: &[Act::RequestChanges(
            "felix",
            "Item 4 must hold only where the gateway's place was surveyed. Inês has the figures; please put the survey into an annex.",
        )],
    },
    Ask {
        name: "second-dog-day",
        machine: "two-of-three",
        by: "karim",
        title: "A second dog day",
        document: None,
        input: || {
            json!({ "reason": "Wednesdays are full.", "approvers": ["user:nadja", "user:mira", "user:tobias"],
                    "escalate_to": "group:management" })
        },
        acts: &[
            Act::Say("nadja", "Two of us sneeze already."),
            Act::Withdraw("karim", "Then we wait for the spring and stay outside."),
        ],
    },
    Ask {
        name: "hosting-for-three-years",
        machine: "contract-renewal",
        by: "jonas",
        title: "Hosting with Nordhafen",
        document: Some("hosting-agreement.md"),
        input: || json!({ "approver": "group:finance", "renews_on": "2030-01-31" }),
        acts: &[Act::ApproveUntil("greta", "Cheaper than last year, and they answer the telephone.", 330)],
    },
    Ask {
        name: "one-more-in-firmware",
        machine: "two-of-three",
        by: "mira",
        title: "One more in firmware, from February on",
        document: None,
        input: || {
            json!({ "reason": "Leonie is away for seven months, and two people are not enough for signing.",
                    "approvers": ["user:tobias", "user:greta", "user:felix"], "escalate_to": "group:board" })
        },
        acts: &[Act::Approve("tobias", "Ruth, please. She asked the best questions.")],
    },
    Ask {
        name: "cleaning-contract",
        machine: "contract-renewal",
        by: "nadja",
        title: "Cleaning of the workshop",
        document: Some("cleaning-contract.md"),
        input: || json!({ "approver": "group:finance", "renews_on": "2030-01-31" }),
        acts: &[Act::Claim("greta")],
    },
    Ask {
        name: "boards-from-kupferlinie",
        machine: "legal-then-finance",
        by: "paul",
        title: "Boards from Kupferlinie for three years",
        document: Some("kupferlinie-supply-agreement.md"),
        input: || json!({ "amount": 164_250, "supplier": "Kupferlinie GmbH" }),
        acts: &[
            Act::Approve("nadja", "The index of copper is still to be named, but not a reason to wait."),
            Act::Say("paul", "Their price holds until the end of the month."),
        ],
    },
    Ask {
        name: "offer-for-kranach",
        machine: "single-approval",
        by: "sofia",
        title: "Offer for the Kranach winery",
        document: Some("offer-weingut-kranach.md"),
        input: || json!({ "approver": "user:tobias" }),
        acts: &[Act::Delegate("tobias", "mira", "You know the family.")],
    },
    Ask {
        name: "label-printer",
        machine: "two-of-three",
        by: "paul",
        title: "A label printer that rain does not wash off",
        document: None,
        input: || {
            json!({ "reason": "Ours fade in two years. Offer A, 3,480 euros; see the comparison.",
                    "approvers": ["user:mira", "user:tobias", "user:greta"], "escalate_to": "group:board" })
        },
        acts: &[Act::Approve("tobias", "A, and I bring my laser for the serial numbers.")],
    },
    Ask {
        name: "insurer",
        machine: "single-approval",
        by: "greta",
        title: "Renewal of the product liability insurance",
        document: Some("insurance-renewal-letter.txt"),
        input: || json!({ "approver": "user:felix" }),
        acts: &[Act::Say("greta", "560 euros more. Before I pay I would like to send them the incident report.")],
    },
    Ask {
        name: "travel-policy",
        machine: "single-approval",
        by: "nadja",
        title: "Travel policy: ten hours by rail",
        document: Some("travel-policy.md"),
        input: || json!({ "approver": "user:mira" }),
        acts: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::super::bundle::papers;
    use super::super::company::colleague_named;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn whoever_asks_may_read_what_it_is_about() {
        let papers = papers().unwrap();
        let names: BTreeSet<&str> = AGENDA.iter().map(|ask| ask.name).collect();
        let titles: BTreeSet<&str> = AGENDA.iter().map(|ask| ask.title).collect();
        assert_eq!((names.len(), titles.len()), (AGENDA.len(), AGENDA.len()));
        for ask in &AGENDA {
            assert!(colleague_named(ask.by).is_some(), "{}", ask.by);
            assert!((ask.input)().is_object());
            let Some(name) = ask.document else { continue };
            let paper = papers.iter().find(|paper| paper.name == name).unwrap_or_else(|| panic!("{name}"));
            let shared = paper.shares.iter().any(|(reader, _)| *reader == format!("user:{}", ask.by));
            assert!(paper.owner == ask.by || shared, "{} may not read {name} by name", ask.by);
        }
    }
}
