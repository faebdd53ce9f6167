//! Events, and what becomes of them.

use crate::fixture::tenant;
use chrono::{DateTime, Duration, TimeZone, Utc};
use octavo_adapters_postgres::Postgres;
use octavo_domain_kernel::{TenantId, UserId};
use octavo_domain_notify::{
    Address, Attempt, AttemptStatus, Channel, Claim, Closed, Event, Message, MessageId, MessageStatus, NotifyStore,
    Outcome, Planned, PlannedDigest, Recipient, Started, Urgency,
};
use serde_json::json;
use uuid::Uuid;

pub(crate) const WORKER: &str = "worker-1";

pub(crate) fn acme() -> TenantId {
    tenant("acme")
}

pub(crate) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// A moment of this morning, in seconds, with microseconds.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).unwrap() + Duration::seconds(seconds) + Duration::microseconds(654_321)
}

pub(crate) fn to(name: &str) -> Recipient {
    let data = json!({"z": "a\u{0}b", "link": format!("/for/{name}")});
    Recipient::User { user: user(name), data: data.as_object().unwrap().clone() }
}

/// An event of ada's, at its number of seconds.
pub(crate) fn event(number: u128) -> Event {
    Event {
        id: id(number),
        key: None,
        category: "document.shared".to_owned(),
        template: None,
        recipients: vec![to("ada")],
        data: json!({"title": "Plan\u{0} ẞ", "z": 1, "a": 2.50}).as_object().unwrap().clone(),
        link: Some("/documents/1".to_owned()),
        urgency: Urgency::Normal,
        channels: None,
        digest: None,
        matter: None,
        at: at(i64::try_from(number).unwrap()),
    }
}

/// What an event becomes for one person: `message` is its number.
pub(crate) fn planned(event: &Event, message: u128, name: &str, channel: Channel) -> Planned {
    let message = Message {
        id: id(message),
        event: event.id,
        category: event.category.clone(),
        channel,
        recipient: to(name),
        user: Some(user(name)),
        address: (channel == Channel::Email).then(|| Address(format!("{name}@acme.example"))),
        urgency: event.urgency,
        matter: event.matter.clone(),
        mandatory: false,
        digest: None,
        status: MessageStatus::Planned,
        reason: None,
        created_at: event.at,
        due_at: Some(event.at),
        attempts: 0,
        updated_at: event.at,
    };
    Planned { message, digest: None }
}

/// The same, gathered.
pub(crate) fn gathered(event: &Event, message: u128, name: &str, key: &str, due_at: DateTime<Utc>) -> Planned {
    let digest = Some(PlannedDigest { key: key.to_owned(), due_at });
    Planned { digest, ..planned(event, message, name, Channel::Email) }
}

/// Plans at the moment of the event, for a minute.
pub(crate) async fn plan(store: &Postgres, event: &Event, planned: &[Planned]) -> Vec<Claim> {
    let until = event.at + Duration::minutes(1);
    store.event_plan(&acme(), event, planned, event.at, WORKER, until).await.unwrap()
}

/// A mail to ada that the worker holds from the event's second on, for a minute.
pub(crate) async fn held(store: &Postgres, number: u128) -> MessageId {
    let event = event(number);
    let claims = plan(store, &event, &[planned(&event, 1_000 + number, "ada", Channel::Email)]).await;
    claims[0].message.id
}

pub(crate) async fn claim(store: &Postgres, ids: &[MessageId], worker: &str, seconds: i64) -> Vec<Claim> {
    store.messages_claim(&acme(), ids, worker, at(seconds), at(seconds + 60)).await.unwrap()
}

pub(crate) fn attempt(number: u32, provider: &str, seconds: i64) -> Attempt {
    Attempt {
        number,
        provider: provider.to_owned(),
        started_at: at(seconds),
        ended_at: None,
        status: AttemptStatus::Started,
        provider_id: None,
        code: None,
        detail: None,
    }
}

pub(crate) async fn start(store: &Postgres, message: MessageId, worker: &str, attempt: &Attempt) -> Started {
    let address = Address("ada@acme.example".to_owned());
    store.attempt_start(&acme(), message, worker, attempt, &address).await.unwrap()
}

pub(crate) fn closed(message: MessageId, status: MessageStatus) -> Closed {
    Closed {
        id: message,
        status,
        reason: None,
        due_at: None,
        attempt: None,
        suppress: None,
        inbox: None,
        messages: Vec::new(),
    }
}

/// The end of the first attempt.
pub(crate) fn outcome(status: AttemptStatus, seconds: i64) -> (u32, Outcome) {
    let outcome = Outcome {
        status,
        provider_id: Some("p-1".to_owned()),
        code: Some("250".to_owned()),
        detail: Some("taken\0".to_owned()),
        at: at(seconds),
    };
    (1, outcome)
}

pub(crate) async fn close(store: &Postgres, worker: &str, closed: &[Closed], seconds: i64) -> Vec<MessageId> {
    store.messages_close(&acme(), worker, closed, at(seconds)).await.unwrap()
}

pub(crate) async fn message(store: &Postgres, message: MessageId) -> Claim {
    store.message_get(&acme(), message).await.unwrap().unwrap()
}
