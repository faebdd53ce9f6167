//! When people are told: quiet hours, digests, throttles, urgency.

use crate::house::{House, acme, by, event, house, mail_to};
use chrono::{DateTime, TimeZone, Utc};
use octavo_domain_kernel::Clock;
use octavo_domain_notify::{
    Channel, DigestRule, Event, MessageQuery, MessageStatus, NotifyStore, Reason, Urgency, event_message, wake_message,
};
use octavo_notify::{QueueRecord, handle_queue};
use octavo_testing::ids::unique;
use serde_json::{Value, json};
use std::time::Duration;

/// How often a message comes until it goes to the dead letters.
const DELIVERIES_MAX: u32 = 5;

fn at(day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 12, day, hour, minute, 0).unwrap()
}

async fn choose(house: &House, user: &str, preferences: Value) {
    house.ask(user, "PUT", "/v1/notification-preferences", Some(preferences)).await.expect(200);
}

#[tokio::test]
async fn mail_waits_for_the_end_of_quiet_hours_and_the_inbox_does_not() {
    let house = house().await;
    house.person("ada", |person| person.zone = Some("Europe/Vienna".parse().unwrap())).await;
    choose(&house, "ada", json!({"quiet": [{"from": "22:00:00", "to": "07:00:00"}]})).await;
    // 23:30 in Vienna.
    house.clock.set(at(1, 22, 30));
    let night = by(&[Channel::Email, Channel::InApp, Channel::Sms], event("invoice.due", &["ada"]));
    house.tell(&night).await;
    let messages = house.messages(night.id).await;
    for claim in &messages {
        let message = &claim.message;
        match message.channel {
            Channel::InApp => assert_eq!(message.status, MessageStatus::Delivered),
            _ => assert_eq!((message.reason, message.due_at), (Some(Reason::QuietHours), Some(at(2, 6, 0)))),
        }
    }
    let urgent = Event { urgency: Urgency::Urgent, ..mail_to(&["ada"]) };
    house.tell(&urgent).await;
    assert_eq!(house.status(urgent.id).await, MessageStatus::Sent);
    house.clock.set(at(2, 5, 59));
    house.wake(night.id).await;
    assert_eq!((house.mail.count(), house.sms.count()), (1, 0));
    house.clock.set(at(2, 6, 0));
    house.wake(night.id).await;
    assert_eq!((house.mail.count(), house.sms.count()), (2, 1));
}

#[tokio::test]
async fn one_digest_gathers_what_many_workers_plan_at_the_same_time() {
    let house = house().await;
    let gathered = |number: usize| {
        let rule = DigestRule { key: "invoices".to_owned(), period: Some("PT1H".parse().unwrap()) };
        let mut event = Event { digest: Some(rule), ..mail_to(&["ada"]) };
        event.data.insert("title".to_owned(), json!(format!("Invoice {number}")));
        event
    };
    let events: Vec<Event> = (0..30).map(gathered).collect();
    // All of them wait for one row. On a busy machine one may wait for longer than it may: its message comes again.
    let deliveries = events.iter().chain(&events[..5]).map(|event| async {
        let message = event_message(&acme(), event).message;
        for _ in 0..DELIVERIES_MAX {
            if house.deliver(message.clone()).await {
                return true;
            }
        }
        false
    });
    let done = futures::future::join_all(deliveries).await;
    assert!(done.into_iter().all(|done| done));
    assert_eq!(house.mail.count(), 0);
    house.clock.advance(Duration::from_secs(3_601));
    let query = MessageQuery { limit: 200, ..MessageQuery::default() };
    let waiting = house.store.message_list(&acme(), &query).await.unwrap();
    let digests: Vec<_> = waiting.iter().filter(|message| message.digest.is_some()).collect();
    assert_eq!(digests.len(), 1, "{waiting:?}");
    // Two are told of it at the same time.
    let wake = || wake_message(unique(), &acme(), vec![digests[0].id], house.clock.now()).message;
    let (one, other) = tokio::join!(house.deliver(wake()), house.deliver(wake()));
    assert!(one && other);
    assert_eq!(house.mail.count(), 1);
    let (_, text, headers) = house.mail.mail();
    for number in 0..30 {
        assert!(text.contains(&format!("Invoice {number}")), "{number}: {text}");
    }
    assert!(headers.iter().any(|(name, _)| name == "List-Unsubscribe"));
    // What comes later opens another.
    let late = gathered(31);
    house.tell(&late).await;
    house.clock.advance(Duration::from_secs(3_601));
    house.wake(late.id).await;
    assert_eq!(house.mail.count(), 2);
    assert!(!house.mail.mail().1.contains("Invoice 7"));
}

#[tokio::test]
async fn who_chose_a_daily_digest_gets_one() {
    let house = house().await;
    choose(&house, "ada", json!({"choices": {"invoice.*": {"email": "digest"}}, "digest_at": "18:00:00"})).await;
    let (one, two) = (mail_to(&["ada"]), mail_to(&["ada"]));
    house.tell(&one).await;
    house.tell(&two).await;
    assert_eq!(house.mail.count(), 0);
    house.clock.set(Utc.with_ymd_and_hms(2026, 11, 30, 18, 0, 0).unwrap());
    // She changes her mind before it comes.
    choose(&house, "ada", json!({"choices": {"invoice.*": {"email": "off"}}})).await;
    house.wake(one.id).await;
    let message = house.message(one.id).await.message;
    assert_eq!((message.status, message.reason), (MessageStatus::Dropped, Some(Reason::Preference)));
    assert_eq!(house.mail.count(), 0);
}

#[tokio::test]
async fn what_is_too_much_waits_for_the_daily_digest() {
    let house = house().await;
    let rule = json!({"channels": ["email"], "throttle": {"messages": 2, "per": "PT1H"}});
    house.settings(json!({"categories": {"invoice.*": rule}})).await;
    let mut events = Vec::new();
    for _ in 0..4 {
        let event = mail_to(&["ada"]);
        house.tell(&event).await;
        events.push(event);
    }
    assert_eq!(house.mail.count(), 2);
    let urgent = Event { urgency: Urgency::Urgent, ..mail_to(&["ada"]) };
    house.tell(&urgent).await;
    assert_eq!(house.mail.count(), 3);
    house.clock.set(at(1, 8, 0));
    house.wake(events[2].id).await;
    house.wake(events[3].id).await;
    assert_eq!(house.mail.count(), 4, "two in one");
}

#[tokio::test]
async fn an_event_to_many_is_spread_over_workers() {
    let house = house().await;
    let users: Vec<String> = (0..450).map(|number| format!("user-{number}")).collect();
    for user in &users {
        house.person(user, |person| person.groups = ["all".parse().unwrap()].into()).await;
    }
    let group = octavo_domain_notify::Recipient::Group {
        group: "all".parse().unwrap(),
        except: ["user-0".parse().unwrap()].into(),
    };
    let event = Event { recipients: vec![group], ..mail_to(&[]) };
    house.tell(&event).await;
    assert_eq!(house.mail.count(), 400);
    let query = MessageQuery {
        event: Some(event.id),
        statuses: vec![MessageStatus::Planned],
        limit: 200,
        ..MessageQuery::default()
    };
    house.clock.advance(Duration::from_secs(1));
    let left: Vec<_> =
        house.store.message_list(&acme(), &query).await.unwrap().iter().map(|message| message.id).collect();
    assert_eq!(left.len(), 49);
    // Two batches of the same, as two workers may get them.
    let records = |messages: &[uuid::Uuid]| {
        let message = wake_message(unique(), &acme(), messages.to_vec(), house.clock.now()).message;
        vec![QueueRecord { message_id: message.id.to_string(), body: serde_json::to_string(&message).unwrap() }]
    };
    let (one, other) =
        tokio::join!(handle_queue(&house.deps, records(&left)), handle_queue(&house.deps, records(&left)));
    assert!(one.is_empty() && other.is_empty());
    let addresses = house.mail.addresses();
    assert_eq!(addresses.len(), 449);
    let distinct: std::collections::BTreeSet<_> = addresses.iter().collect();
    assert_eq!(distinct.len(), 449, "each once");
}
