//! What is said to whom: the platform's own template of a request to approve something, to people with mail addresses.

use chrono::{DateTime, Utc};
use octavo_domain_notify::{Channel, Event, EventId, Recipient, Urgency, sample};
use serde_json::{Map, Value, json};

/// People of the tenant.
pub(super) const PEOPLE: u64 = 500;
/// Mails of a load.
pub(super) const MAILS: u64 = 5_000;
/// Recipients of an event that goes to many.
pub(super) const MANY: u64 = 100;
pub(super) const TEMPLATE: &str = "approval.requested";
/// Of its own: what somebody set for approvals is not meant.
const CATEGORY: &str = "contract.review";
const LINK: &str = "/contracts/17";

pub(super) fn user(number: u64) -> String {
    format!("user-{}", number % PEOPLE)
}

/// What is known of one.
pub(super) fn person(number: u64) -> Value {
    json!({ "name": format!("Ada {number} Lovelace"), "email": format!("user-{number}@acme.example"), "language": "de" })
}

pub(super) fn data() -> Map<String, Value> {
    sample(TEMPLATE)
}

/// The events of a load, to `each` people each, as clients say them.
pub(super) fn events(each: u64) -> impl Iterator<Item = Value> {
    (0..MAILS / each).map(move |number| {
        let recipients =
            (number * each..(number + 1) * each).map(|number| json!({ "to": "user", "user": user(number) }));
        json!({
            "category": CATEGORY, "template": TEMPLATE, "channels": ["email"], "data": data(), "link": LINK,
            "recipients": recipients.collect::<Vec<_>>(),
        })
    })
}

/// One of them as the queue brings it.
pub(super) fn event(id: EventId, at: DateTime<Utc>, first: u64, each: u64) -> anyhow::Result<Event> {
    let recipient = |number| anyhow::Ok(Recipient::User { user: user(number).parse()?, data: Map::new() });
    Ok(Event {
        id,
        key: None,
        category: CATEGORY.to_owned(),
        template: Some(TEMPLATE.to_owned()),
        recipients: (first..first + each).map(recipient).collect::<anyhow::Result<_>>()?,
        data: data(),
        link: Some(LINK.to_owned()),
        urgency: Urgency::Normal,
        channels: Some([Channel::Email].into()),
        digest: None,
        matter: None,
        at,
    })
}
