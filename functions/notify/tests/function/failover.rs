//! Which provider is asked, and when again.

use crate::house::{House, acme, house, mail_to};
use crate::providers::Does;
use chrono::TimeDelta;
use octavo_domain_kernel::Clock;
use octavo_domain_notify::{AttemptStatus, Channel, Event, MessageStatus, NotifyStore, Reason};
use std::time::Duration;

async fn tried(house: &House, event: &Event) -> Vec<(String, AttemptStatus)> {
    let claim = house.message(event.id).await;
    claim.attempts.into_iter().map(|attempt| (attempt.provider, attempt.status)).collect()
}

fn of(tries: &[(&str, AttemptStatus)]) -> Vec<(String, AttemptStatus)> {
    tries.iter().map(|(provider, status)| ((*provider).to_owned(), *status)).collect()
}

#[tokio::test]
async fn the_next_provider_is_asked_at_once_where_it_was_definitely_not_taken() {
    use AttemptStatus::{Accepted, NotTaken, Rejected};
    let house = house().await;
    for (does, status) in [(Does::Refuse, Rejected), (Does::NotNow { after: None }, NotTaken)] {
        house.mail.next([does]);
        let event = mail_to(&["ada"]);
        house.tell(&event).await;
        assert_eq!(house.status(event.id).await, MessageStatus::Sent);
        assert_eq!(tried(&house, &event).await, of(&[("mail", status), ("spare", Accepted)]));
    }
    let event = mail_to(&["ada"]);
    house.tell(&event).await;
    assert_eq!(tried(&house, &event).await, of(&[("mail", Accepted)]), "the first is asked first again");
}

#[tokio::test]
async fn what_may_have_been_taken_goes_to_nobody_else() {
    let house = house().await;
    house.mail.next([Does::TakeInSilence]);
    let event = mail_to(&["ada"]);
    house.tell(&event).await;
    assert_eq!(house.status(event.id).await, MessageStatus::Unknown);
    house.clock.advance(Duration::from_secs(86_400));
    house.wake(event.id).await;
    assert_eq!((house.mail.count(), house.spare.count()), (1, 0));
    // A person may say that it is to go again.
    let claim = house.message(event.id).await;
    let path = format!("/v1/notification-messages/{}/retry", claim.message.id);
    house.admin("POST", &path, None, 202).await;
    let woken = house.sent("notify");
    assert_eq!(woken.len(), 1);
    assert!(house.deliver(woken[0].clone()).await);
    assert_eq!((house.status(event.id).await, house.mail.count()), (MessageStatus::Sent, 2));
    house.admin("POST", &path, None, 409).await;
}

#[tokio::test]
async fn what_no_provider_takes_now_is_tried_again_and_ends_as_a_dead_letter() {
    let house = house().await;
    house.mail.usually(Does::NotNow { after: Some(Duration::from_secs(30)) });
    house.spare.usually(Does::NotNow { after: None });
    let event = mail_to(&["ada"]);
    house.tell(&event).await;
    let first = house.message(event.id).await.message;
    assert_eq!((first.status, first.reason), (MessageStatus::Planned, Some(Reason::Retry)));
    assert!(first.due_at.unwrap() >= house.clock.now() && first.attempts == 2);
    house.wake(event.id).await;
    for _ in 0..20 {
        house.clock.advance(Duration::from_secs(3_601));
        house.wake(event.id).await;
    }
    let last = house.message(event.id).await.message;
    assert_eq!((last.status, last.due_at, last.attempts), (MessageStatus::Failed, None, 16));
    assert_eq!((house.mail.count(), house.mail.calls.lock().len()), (0, 8));
    let dead = house.admin("GET", "/v1/notification-messages?status=failed&status=unknown", None, 200).await;
    assert_eq!(dead["messages"][0]["id"], last.id.to_string());
    let one = house.admin("GET", &format!("/v1/notification-messages/{}", last.id), None, 200).await;
    assert_eq!(one["tries"].as_array().unwrap().len(), 16);
    assert_eq!(one["tries"][0]["status"], "not_taken");
}

#[tokio::test]
async fn an_address_that_is_no_good_is_not_told_again() {
    let house = house().await;
    house.mail.next([Does::RefuseRecipient { for_ever: true }]);
    let event = mail_to(&["ada"]);
    house.tell(&event).await;
    let message = house.message(event.id).await.message;
    assert_eq!((message.status, house.spare.count()), (MessageStatus::Failed, 0), "nobody else would do better");
    let suppressed = house.admin("GET", "/v1/notification-suppressions", None, 200).await;
    assert_eq!(suppressed["suppressions"][0]["address"], "ada@acme.example");
    assert_eq!(suppressed["suppressions"][0]["why"], "bounce");
    let next = mail_to(&["ada", "bob"]);
    house.tell(&next).await;
    let messages = house.messages(next.id).await;
    let ada = messages.iter().find(|claim| claim.message.user.as_ref().unwrap().as_str() == "ada").unwrap();
    assert_eq!((ada.message.status, ada.message.reason), (MessageStatus::Dropped, Some(Reason::Suppressed)));
    assert_eq!(house.mail.count(), 1);
    let path = "/v1/notification-suppressions/email/ada%40acme.example";
    house.admin("DELETE", path, None, 204).await;
    house.admin("DELETE", path, None, 404).await;
    let last = mail_to(&["ada"]);
    house.tell(&last).await;
    assert_eq!(house.status(last.id).await, MessageStatus::Sent);
}

#[tokio::test]
async fn without_a_provider_a_message_says_so() {
    let house = house().await;
    let target = serde_json::json!({"kind": "slack", "url": "https://hooks.slack.com/services/x"});
    house.admin("PUT", "/v1/notification-targets/chat", Some(target), 200).await;
    let event = Event {
        recipients: vec![octavo_domain_notify::Recipient::Target { target: "chat".to_owned() }],
        ..mail_to(&[])
    };
    let event = Event { channels: None, ..event };
    house.tell(&event).await;
    let message = house.message(event.id).await.message;
    assert_eq!((message.channel, message.status), (Channel::Slack, MessageStatus::Failed));
    assert_eq!(message.reason, Some(Reason::NoProvider));
}

#[tokio::test]
async fn whoever_must_wait_long_for_a_turn_is_given_back() {
    let house = crate::house::house_of(|mail| mail.per_second(10)).await;
    *house.turns.left.lock() = Some(1);
    *house.turns.wait.lock() = Duration::from_secs(60);
    let event = mail_to(&["ada", "bob"]);
    house.tell(&event).await;
    let messages = house.messages(event.id).await;
    let sent = messages.iter().filter(|claim| claim.message.status == MessageStatus::Sent).count();
    let waits = messages.iter().find(|claim| claim.message.status == MessageStatus::Planned).unwrap();
    assert_eq!((sent, house.spare.count(), waits.attempts.len()), (1, 0, 0));
    assert_eq!(waits.message.due_at, Some(house.clock.now() + TimeDelta::seconds(60)));
    *house.turns.left.lock() = None;
    house.clock.advance(Duration::from_secs(61));
    house.wake(event.id).await;
    let all = house.store.event_get(&acme(), event.id).await.unwrap().unwrap();
    assert_eq!(all.messages, vec![(MessageStatus::Sent, 2)]);
}
