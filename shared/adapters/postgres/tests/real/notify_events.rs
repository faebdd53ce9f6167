//! Events: taken once, planned once, listed.

use crate::ai_fixture::ask;
use crate::fixture::{everywhere, tenant};
use crate::notify_fixture::{WORKER, acme, at, claim, event, gathered, id, message, plan, planned, to, user};
use chrono::Duration;
use futures::future::join_all;
use octavo_domain_notify::{
    Channel, Event, EventBody, Matter, MessageQuery, MessageStatus, NotifyStore, Planned, Reason, Recipient, Urgency,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_taken_once_with_the_message_that_has_it_told() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let keyed = |number| Event { key: Some("order-1\0".to_owned()), ..event(number) };
        let ids = join_all(
            (1..=8).map(|number| async move { store.event_accept(&acme(), &keyed(number), at(1)).await.unwrap() }),
        )
        .await;
        let first = ids[0];
        assert!(ids.iter().all(|id| *id == first), "{ids:?}");
        assert_eq!(store.event_accept(&acme(), &event(50), at(1)).await.unwrap(), id(50));
        assert_eq!(store.event_accept(&acme(), &event(50), at(2)).await.unwrap(), id(50));
        let globex = tenant("globex");
        assert_eq!(store.event_accept(&globex, &keyed(60), at(1)).await.unwrap(), id(60), "keys are a tenant's");

        let mut admin = fixture.admin().await;
        assert_eq!(ask::<i64>(&mut admin, "select count(*) from outbox").await, 3);
        let sql = "select message::text from outbox where tenant = 'acme' and queue = 'notify' order by position desc";
        let told: serde_json::Value = serde_json::from_str(&ask::<String>(&mut admin, sql).await).unwrap();
        let body: EventBody = serde_json::from_value(told["body"].clone()).unwrap();
        assert_eq!(body.event, event(50));
        let stored = store.event_get(&acme(), id(50)).await.unwrap().unwrap();
        assert_eq!((stored.event, stored.taken_at, stored.messages), (event(50), at(1), vec![]));
        assert!(!store.event_known(&acme(), id(50)).await.unwrap(), "taken, and not planned yet");

        // What was taken under another id is planned under that one only.
        let other = Event { key: Some("order-1\0".to_owned()), ..event(99) };
        assert_eq!(plan(store, &other, &[planned(&other, 1, "ada", Channel::Email)]).await, []);
        assert_eq!(store.message_get(&acme(), id(1)).await.unwrap(), None);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_planned_once_and_what_is_due_is_held() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let mut event = event(5);
        event.matter = Some(Matter::Approval { approval: id(7), seat: Some(2) });
        event.urgency = Urgency::Urgent;
        store.event_accept(&acme(), &event, at(1)).await.unwrap();
        let now = planned(&event, 1, "ada", Channel::Email);
        let mut later = planned(&event, 2, "ada", Channel::Sms);
        later.message.due_at = Some(at(3_600));
        later.message.reason = Some(Reason::QuietHours);
        let mut dropped = planned(&event, 3, "bob", Channel::Email);
        dropped.message.status = MessageStatus::Dropped;
        dropped.message.reason = Some(Reason::NoAddress);
        (dropped.message.due_at, dropped.message.address) = (None, None);
        let mut target = planned(&event, 4, "ada", Channel::Slack);
        target.message.recipient = Recipient::Target { target: "ops".to_owned() };
        target.message.user = None;
        let all = [now, later, dropped, target];
        // The queue brings it to several at once.
        let plans = join_all((0..6).map(|_| plan(store, &event, &all))).await;
        let claims: Vec<_> = plans.into_iter().filter(|claims| !claims.is_empty()).collect();
        let [claims] = &claims[..] else { panic!("{claims:?}") };
        assert_eq!(claims.iter().map(|claim| claim.message.id).collect::<Vec<_>>(), [id(1), id(4)]);
        for claim in claims {
            assert_eq!((claim.gathered, claim.attempts.len()), (1, 0));
            assert_eq!(*claim.events[0], event);
        }
        assert!(store.event_known(&acme(), event.id).await.unwrap());
        assert_eq!(plan(store, &event, &[planned(&event, 9, "eve", Channel::Email)]).await, []);
        assert_eq!(store.message_get(&acme(), id(9)).await.unwrap(), None, "what came twice adds nothing");
        for planned in &all {
            let stored = message(store, planned.message.id).await;
            assert_eq!(stored.message, planned.message);
            assert_eq!(*stored.events[0], event);
        }
        let stored = store.event_get(&acme(), event.id).await.unwrap().unwrap();
        assert_eq!(stored.taken_at, at(1));
        let counts = [(MessageStatus::Dropped, 1), (MessageStatus::Planned, 3)];
        assert_eq!(stored.messages, counts);
        fixture
    })
    .await;
}

#[tokio::test]
async fn whatever_is_planned_is_due_at_some_time() {
    everywhere(|fixture| async move {
        let (store, event) = (&fixture.store, event(5));
        let mut timeless = planned(&event, 1, "ada", Channel::Email);
        timeless.message.due_at = None;
        assert_eq!(plan(store, &event, &[timeless]).await.len(), 1);
        assert_eq!(message(store, id(1)).await.message.due_at, Some(event.at));
        fixture
    })
    .await;
}

#[tokio::test]
async fn events_and_messages_are_listed_newest_first_a_page_at_a_time() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        for number in 1..=5_u128 {
            let mut event = event(number);
            if number == 3 {
                event.category = "comment.added".to_owned();
            }
            let mut some = vec![planned(&event, 100 + number, "ada", Channel::Email)];
            if number == 4 {
                some.push(planned(&event, 200, "bob", Channel::InApp));
                some[0].message.status = MessageStatus::Dropped;
                some[0].message.due_at = None;
            }
            plan(store, &event, &some).await;
        }
        let numbers = async |category, after: Option<u128>, limit| -> Vec<u128> {
            let events = store.event_list(&acme(), category, after.map(id), limit).await.unwrap();
            events.iter().map(|stored| stored.event.id.as_u128()).collect()
        };
        assert_eq!(numbers(None, None, 2).await, [5, 4]);
        assert_eq!(numbers(None, Some(4), 10).await, [3, 2, 1]);
        assert_eq!(numbers(Some("document.shared"), Some(5), 2).await, [4, 2]);
        assert_eq!(numbers(Some("nothing"), None, 10).await, [0; 0]);
        assert_eq!(numbers(None, Some(77), 10).await, [0; 0], "behind what is not there is nothing");

        let list = async |query: MessageQuery| -> Vec<u128> {
            let query = MessageQuery { limit: query.limit.max(1), ..query };
            let messages = store.message_list(&acme(), &query).await.unwrap();
            messages.iter().map(|message| message.id.as_u128()).collect()
        };
        let page = MessageQuery { limit: 10, ..MessageQuery::default() };
        assert_eq!(list(page.clone()).await, [105, 200, 104, 103, 102, 101]);
        assert_eq!(list(MessageQuery { limit: 2, ..page.clone() }).await, [105, 200]);
        assert_eq!(list(MessageQuery { after: Some(id(200)), limit: 2, ..page.clone() }).await, [104, 103]);
        assert_eq!(list(MessageQuery { event: Some(id(4)), ..page.clone() }).await, [200, 104]);
        assert_eq!(list(MessageQuery { user: Some(user("bob")), ..page.clone() }).await, [200]);
        assert_eq!(list(MessageQuery { channel: Some(Channel::InApp), ..page.clone() }).await, [200]);
        assert_eq!(list(MessageQuery { category: Some("comment.added".to_owned()), ..page.clone() }).await, [103]);
        let dropped = MessageQuery { statuses: vec![MessageStatus::Dropped, MessageStatus::Failed], ..page.clone() };
        assert_eq!(list(dropped).await, [104]);
        let trouble = MessageQuery { statuses: vec![MessageStatus::Failed, MessageStatus::Unknown], ..page };
        assert_eq!(list(trouble).await, [0; 0]);
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_went_to_a_person_is_counted_for_the_throttle() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        for number in 1..=4_u128 {
            let mut event = event(number);
            event.urgency = if number == 2 { Urgency::Urgent } else { Urgency::Normal };
            let mut dropped = planned(&event, 300 + number, "ada", Channel::Email);
            dropped.message.status = MessageStatus::Dropped;
            dropped.message.due_at = None;
            let some: Vec<Planned> = vec![
                planned(&event, 100 + number, "ada", Channel::Email),
                planned(&event, 200 + number, "bob", Channel::Email),
                gathered(&event, 400 + number, "ada", "daily", at(9_000)),
                dropped,
            ];
            plan(store, &event, &some).await;
        }
        let since = async |name: &str, category: &str, channel, since| {
            store.messages_since(&acme(), &user(name), category, channel, since).await.unwrap()
        };
        assert_eq!(since("ada", "document.shared", Channel::Email, at(0)).await, 3);
        assert_eq!(since("ada", "document.shared", Channel::Email, at(3)).await, 2);
        assert_eq!(since("ada", "document.shared", Channel::Sms, at(0)).await, 0);
        assert_eq!(since("ada", "comment.added", Channel::Email, at(0)).await, 0);
        assert_eq!(since("eve", "document.shared", Channel::Email, at(0)).await, 0);
        fixture
    })
    .await;
}

#[tokio::test]
async fn one_event_to_five_hundred_people_is_one_plan() {
    everywhere(|fixture| async move {
        let (store, mut event) = (&fixture.store, event(1));
        let names: Vec<String> = (0..500).map(|number| format!("user-{number}")).collect();
        event.recipients = names.iter().map(|name| to(name)).collect();
        let all: Vec<Planned> = names
            .iter()
            .zip(1_000..)
            .flat_map(|(name, number)| {
                [
                    planned(&event, number, name, Channel::InApp),
                    planned(&event, number + 1_000, name, Channel::Email),
                    gathered(&event, number + 2_000, name, "daily", at(9_000)),
                ]
            })
            .collect();
        let until = event.at + Duration::minutes(1);
        let claims = store.event_plan(&acme(), &event, &all, event.at, WORKER, until).await.unwrap();
        assert_eq!(claims.len(), 1_000);
        let mut admin = fixture.admin().await;
        assert_eq!(ask::<i64>(&mut admin, "select count(*) from notify_digest").await, 500);
        let ids: Vec<_> = (1_000..1_500).map(id).collect();
        assert_eq!(claim(store, &ids, "worker-2", 2).await, [], "held");
        assert_eq!(claim(store, &ids, "worker-2", 62).await.len(), 500, "the worker died");
        fixture
    })
    .await;
}
