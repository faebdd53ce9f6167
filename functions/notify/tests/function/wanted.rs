//! What is not wanted any more at the moment of sending.

use crate::house::{by, event, house, mail_to};
use octavo_domain_notify::{Channel, Event, Matter, MessageStatus, Reason, Recipient};
use octavo_testing::ids::unique;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn nobody_is_reminded_of_what_is_settled() {
    let house = house().await;
    // An approval that is not there any more is as one that was decided.
    let matter = Some(Matter::Approval { approval: unique(), seat: Some(0) });
    let event = Event { matter, ..by(&[Channel::Email, Channel::InApp], event("approval.reminder", &["ada"])) };
    house.tell(&event).await;
    let messages = house.messages(event.id).await;
    assert_eq!(messages.len(), 2);
    for claim in messages {
        assert_eq!((claim.message.status, claim.message.reason), (MessageStatus::Dropped, Some(Reason::Settled)));
    }
    assert_eq!(house.mail.count(), 0);
}

#[tokio::test]
async fn what_one_chose_meanwhile_holds_and_what_is_mandatory_comes_all_the_same() {
    let house = house().await;
    let quiet = json!({"quiet": [{"from": "00:00:00", "to": "13:00:00"}]});
    house.ask("ada", "PUT", "/v1/notification-preferences", Some(quiet)).await.expect(200);
    let waits = mail_to(&["ada"]);
    house.tell(&waits).await;
    assert_eq!(house.status(waits.id).await, MessageStatus::Planned);
    let off = json!({"choices": {"*": {"email": "off"}, "security.*": {"email": "off"}}});
    house.ask("ada", "PUT", "/v1/notification-preferences", Some(off)).await.expect(200);
    house.clock.advance(Duration::from_secs(3_601));
    house.wake(waits.id).await;
    let message = house.message(waits.id).await.message;
    assert_eq!((message.status, message.reason), (MessageStatus::Dropped, Some(Reason::Preference)));
    let theft = by(&[Channel::Email], event("security.password", &["ada"]));
    house.tell(&theft).await;
    assert_eq!(house.status(theft.id).await, MessageStatus::Sent);
    assert!(!house.mail.mail().2.iter().any(|(name, _)| name == "List-Unsubscribe"), "one cannot leave that");
}

#[tokio::test]
async fn where_somebody_is_reached_is_looked_up_when_it_is_sent() {
    let house = house().await;
    let quiet = json!({"quiet": [{"from": "00:00:00", "to": "13:00:00"}]});
    house.ask("ada", "PUT", "/v1/notification-preferences", Some(quiet)).await.expect(200);
    let event = mail_to(&["ada"]);
    house.tell(&event).await;
    house.person("ada", |person| person.email = Some("lovelace@acme.example".to_owned())).await;
    house.clock.advance(Duration::from_secs(3_601));
    house.wake(event.id).await;
    assert_eq!(house.mail.addresses()[0].0, "lovelace@acme.example");
    assert_eq!(house.message(event.id).await.message.address.unwrap().0, "lovelace@acme.example");
    let nobody = mail_to(&["nobody"]);
    house.tell(&nobody).await;
    assert_eq!(house.message(nobody.id).await.message.reason, Some(Reason::NoAddress));
}

#[tokio::test]
async fn a_target_gets_what_its_kind_takes_and_its_secret_is_shown_once() {
    let house = house().await;
    let path = "/v1/notification-targets/crm";
    let input = json!({"kind": "webhook", "url": "https://crm.example/hook"});
    let made = house.admin("PUT", path, Some(input.clone()), 200).await;
    let secret = made["secret"].as_str().unwrap().to_owned();
    let shown = house.ask("root/admin", "GET", path, None).await;
    assert!(!shown.text.contains(&secret) && shown.status == 200, "{}", shown.text);
    let again = house.ask("root/admin", "PUT", path, Some(input)).await;
    assert!(!again.text.contains(&secret), "{}", again.text);
    let pager = json!({"kind": "pagerduty", "routing_key": "abc123", "severity": "critical"});
    let answer = house.ask("root/admin", "PUT", "/v1/notification-targets/duty", Some(pager)).await;
    assert!(!answer.text.contains("abc123"), "{}", answer.text);
    house.settings(json!({"categories": {"invoice.*": {"channels": [], "targets": ["crm", "duty"]}}})).await;
    let event = event("invoice.due", &["ada"]);
    house.tell(&event).await;
    assert_eq!((house.hook.count(), house.pager.count(), house.mail.count()), (1, 1, 0));
    match &house.hook.took.lock()[0].content {
        octavo_domain_notify::OutgoingContent::Webhook { url, secret: used, body } => {
            assert_eq!((url.as_str(), used), ("https://crm.example/hook", &secret));
            assert_eq!((&body["type"], &body["data"]["event"]), (&json!("invoice.due"), &json!(event.id)));
        }
        other => panic!("{other:?}"),
    }
    match &house.pager.took.lock()[0].content {
        octavo_domain_notify::OutgoingContent::Pagerduty { routing_key, action, dedup_key, severity, .. } => {
            let expected = ("abc123", "trigger", event.id.to_string(), "critical");
            assert_eq!((routing_key.as_str(), action.as_str(), dedup_key.clone(), severity.as_str()), expected);
        }
        other => panic!("{other:?}"),
    }
    house.admin("DELETE", path, None, 204).await;
    let gone = Event { recipients: vec![Recipient::Target { target: "crm".to_owned() }], ..mail_to(&[]) };
    let gone = Event { channels: None, ..gone };
    house.tell(&gone).await;
    let messages = house.messages(gone.id).await;
    let crm = messages.iter().find(|claim| claim.message.recipient == gone.recipients[0]).unwrap();
    assert_eq!(crm.message.reason, Some(Reason::NoTarget));
}
