//! A worker dies at every call that it makes, before the call and after it; then another one goes on.

use crate::house::{House, LEASE, acme, by, event, house, house_of, mail_to};
use crate::providers::Does;
use octavo_domain_notify::{AttemptStatus, Channel, Event, InboxStore, MessageStatus, NotifyStore, event_message};
use octavo_testing::ids::unique;
use serde_json::json;

/// More calls than a worker makes for one event.
const CALLS_MAX: i64 = 40;

/// Tells an event by a worker that dies at this call, and then by others. False if the first one did not come to that call.
async fn tell(house: &House, event: &Event, call: i64, effect: bool) -> bool {
    house.life.ends_after(call, effect);
    let message = event_message(&acme(), event).message;
    let died = tokio::select! {
        done = house.deliver(message.clone()) => { assert!(done); false }
        () = house.life.died.notified() => true,
    };
    house.life.anew();
    // Its message comes again, as nobody said that it was done; and what it held is due when the lease ends.
    for _ in 0..3 {
        house.clock.advance(LEASE);
        if died {
            assert!(house.deliver(message.clone()).await);
        }
        house.wake(event.id).await;
    }
    died
}

/// Lets a worker die at each of its calls.
async fn at_each_call(house: &House, event_of: impl Fn() -> Event, check: impl AsyncFn(&Event, &str)) {
    let mut deaths = 0;
    for effect in [false, true] {
        for call in 0..CALLS_MAX {
            let event = event_of();
            let died = tell(house, &event, call, effect).await;
            check(&event, &format!("died at call {call}, effect {effect}")).await;
            if !died {
                break;
            }
            deaths += 1;
        }
    }
    assert!(deaths > 8, "only {deaths} deaths");
}

#[tokio::test]
async fn a_mail_is_sent_once_or_nobody_knows() {
    let house = house().await;
    let unknown = std::cell::Cell::new(0);
    at_each_call(
        &house,
        || mail_to(&["ada"]),
        async |event, when| {
            let claim = house.message(event.id).await;
            let times = house.mail.times(claim.message.id);
            assert_eq!(house.spare.count(), 0, "{when}");
            match claim.message.status {
                MessageStatus::Sent => assert_eq!(times, 1, "{when}"),
                MessageStatus::Unknown => {
                    assert!(times <= 1, "{when}");
                    assert_eq!(claim.attempts.last().unwrap().status, AttemptStatus::Unknown, "{when}");
                    unknown.set(unknown.get() + 1);
                }
                other => panic!("{when}: {other:?}"),
            }
        },
    )
    .await;
    // Between the start of the attempt and the end that was stored: nowhere else.
    assert!((2..=5).contains(&unknown.get()), "{} unknown", unknown.get());
}

#[tokio::test]
async fn where_the_provider_can_be_asked_a_mail_is_sent_exactly_once() {
    let house = house_of(|mail| mail.asked()).await;
    at_each_call(
        &house,
        || mail_to(&["ada"]),
        async |event, when| {
            let claim = house.message(event.id).await;
            // What the first one does not have goes to the next.
            let times = house.mail.times(claim.message.id) + house.spare.times(claim.message.id);
            assert_eq!((claim.message.status, times), (MessageStatus::Sent, 1), "{when}");
        },
    )
    .await;
}

#[tokio::test]
async fn what_the_first_provider_refused_goes_once_to_the_second() {
    let house = house().await;
    house.mail.usually(Does::Refuse);
    at_each_call(
        &house,
        || mail_to(&["ada"]),
        async |event, when| {
            let claim = house.message(event.id).await;
            let times = house.spare.times(claim.message.id);
            match claim.message.status {
                MessageStatus::Sent => assert_eq!(times, 1, "{when}"),
                MessageStatus::Unknown => assert!(times <= 1, "{when}"),
                other => panic!("{when}: {other:?}"),
            }
            assert_eq!(house.mail.times(claim.message.id), 0);
        },
    )
    .await;
}

#[tokio::test]
async fn a_notification_is_in_the_inbox_once() {
    let house = house().await;
    at_each_call(
        &house,
        || by(&[Channel::InApp], event("invoice.due", &["ada"])),
        async |event, when| {
            let claim = house.message(event.id).await;
            assert_eq!(claim.message.status, MessageStatus::Delivered, "{when}");
            let user = "ada".parse().unwrap();
            let page = house.store.inbox_list(&acme(), &user, None, true, 100).await.unwrap();
            let ids: Vec<_> = page.notifications.iter().map(|notification| notification.id).collect();
            let pushed = house.sent("realtime");
            assert!(
                pushed.len() <= 1,
                "{when}: {:?} of {ids:?}",
                pushed.iter().map(|message| &message.body).collect::<Vec<_>>()
            );
            for message in pushed {
                let pushed: uuid::Uuid = message.body["notification"]["id"].as_str().unwrap().parse().unwrap();
                assert!(ids.contains(&pushed), "{when}: what was pushed is what lies there");
            }
            house.store.inbox_mark(&acme(), &user, None, octavo_domain_notify::Mark::Archived, event.at).await.unwrap();
            let page = house.store.inbox_list(&acme(), &user, None, false, 100).await.unwrap();
            assert_eq!(page.notifications.len(), 0, "{when}");
        },
    )
    .await;
    let page = house.store.inbox_list(&acme(), &"ada".parse().unwrap(), None, true, 100).await.unwrap();
    let delivered = house.store.event_list(&acme(), None, None, 200).await.unwrap().len();
    assert_eq!(page.notifications.len(), delivered, "one for each event");
}

#[tokio::test]
async fn a_webhook_is_called_until_it_is_known_that_it_heard() {
    let house = house().await;
    let target = json!({"kind": "webhook", "url": "https://crm.example/hook"});
    house.admin("PUT", "/v1/notification-targets/crm", Some(target), 200).await;
    let to_crm = || Event {
        recipients: vec![octavo_domain_notify::Recipient::Target { target: "crm".to_owned() }],
        ..event("invoice.due", &[])
    };
    at_each_call(&house, to_crm, async |event, when| {
        let claim = house.message(event.id).await;
        assert_eq!(claim.message.status, MessageStatus::Delivered, "{when}");
        let taken = house.hook.took.lock();
        let own: Vec<_> = taken.iter().filter(|taken| taken.id == claim.message.id).collect();
        assert!((1..=2).contains(&own.len()), "{when}: {}", own.len());
        assert!(own.windows(2).all(|two| two[0].content == two[1].content), "{when}: the same thing twice");
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_is_late_changes_nothing() {
    let house = house().await;
    let event = mail_to(&["ada"]);
    // It hangs while the provider has the message, for longer than its lease.
    house.life.ends_after(8, false);
    let message = event_message(&acme(), &event).message;
    tokio::select! {
        _ = house.deliver(message) => {}
        () = house.life.died.notified() => {}
    }
    house.life.anew();
    house.clock.advance(LEASE);
    house.wake(event.id).await;
    let before = house.message(event.id).await;
    let late = octavo_domain_notify::Closed {
        id: before.message.id,
        status: MessageStatus::Failed,
        reason: None,
        due_at: None,
        attempt: None,
        suppress: None,
        inbox: None,
        messages: Vec::new(),
    };
    let worker = unique().to_string();
    let left = house.store.messages_close(&acme(), &worker, &[late], event.at).await.unwrap();
    assert!(left.is_empty());
    assert_eq!(house.message(event.id).await, before);
}
